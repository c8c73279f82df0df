import Postgres

extension PostgresSession {
  /// For the rest of the transaction, statements find rows by their keys, whatever the statistics say.
  ///
  /// A prepared statement keeps its plan. One that was planned while its table was empty reads the whole table until
  /// the next analysis of it; a table that takes ten thousand rows a second is large by then.
  func enqueuePlansByKey() throws {
    try enqueue(
      """
      select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)
      """)
  }
}
