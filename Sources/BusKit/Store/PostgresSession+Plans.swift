import Foundation
import Postgres

/// How the statements of a transaction get their plans.
enum PlanMode: String {
  /// Planned once per connection, without looking at the values: for statements that name keys, whose plan is the same
  /// for all of them. Planning such a statement costs as much as running it.
  case once = "force_generic_plan"
  /// Postgres decides: for statements whose plan depends on the values, such as the partition of a day.
  case byValues = "auto"
}

extension PostgresSession {
  /// For the rest of the transaction, statements that name keys (`= any($1)`) find their rows by an index, whatever the
  /// statistics say. A join alone is not enough: it may be turned around. Where several indexes hold the column, the
  /// plan may take any of them while the table is small: give such a statement an order that only one has.
  ///
  /// A plan is kept until its table is analysed or changed. One that was made while its table was empty would read the
  /// whole of it until then; a table that takes ten thousand rows a second is large by then.
  /// - Parameter expressions: more for the same statement, whose result has them as named here.
  func enqueuePlansByKey(_ mode: PlanMode = .once, with expressions: String = "") throws {
    try enqueue(
      """
      select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
        set_config('plan_cache_mode', '\(mode.rawValue)', true)\(expressions.isEmpty ? "" : ", " + expressions)
      """)
  }

  /// `enqueuePlansByKey`, whose result says the transaction's time: read it with `PostgresResult.clock`.
  func enqueuePlansAndClock() throws { try enqueuePlansByKey(with: "transaction_timestamp() as now") }

  /// Sends everything enqueued.
  /// - Returns: the results of the last so many statements. The transaction's own `begin` may be answered before them.
  func answers(to count: Int) throws -> [PostgresResult] {
    let results = Array(try flush().suffix(count))
    guard results.count == count else {
      throw InvariantViolation("Postgres answered \(results.count) of \(count) statements")
    }
    return results
  }
}

extension PostgresResult {
  /// The transaction's time, as `enqueuePlansAndClock` asks for it.
  var clock: Date {
    get throws {
      guard let row = rows.first else { throw InvariantViolation("Postgres did not tell its time") }
      return try row.date("now")
    }
  }
}
