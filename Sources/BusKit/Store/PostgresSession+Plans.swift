import Postgres

extension PostgresSession {
  /// For the rest of the transaction, statements that name keys (`= any($1)`) find their rows by an index, whatever the
  /// statistics say. A join alone is not enough: it may be turned around.
  ///
  /// A prepared statement keeps its plan. One that was planned while its table was empty reads the whole table until
  /// the next analysis of it; a table that takes ten thousand rows a second is large by then.
  func enqueuePlansByKey() throws {
    try enqueue(
      "select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)")
  }
}
