import Foundation
import Postgres

/// An operator's command that was applied: the same key again gets the same answer.
struct ActionRow: Row {
  static let table = "bus_actions"
  static let keyColumn = "key"
  let key: String
  let command: String
  let subject: String
  var ok: Bool
  var code: String
  var detail: String
  let appliedAt: Date
  var rowKey: String { key }

  var result: CommandResult { CommandResult(ok: ok, code: code, detail: detail) }
}

extension ActionRow {
  /// For so long the same key gets the same answer.
  static let retention: Duration = .seconds(90 * 86_400)

  /// Deletes what was applied longer ago. Returns how many.
  static func purge(olderThan age: Duration, limit: Int, in session: PostgresSession) throws -> Int {
    try session.execute(
      """
      delete from bus_actions where key in (
        select key from bus_actions where applied_at <= clock_timestamp() - $1 * interval '1 ms' limit $2)
      """, [.int(age.milliseconds), .int(limit)]
    ).affected
  }
}

extension BusMigrations {
  static let operators = Migration(
    version: 5, name: "operators' actions",
    sql: """
      create table bus_actions (
        key text primary key,
        command text not null,
        subject text not null,
        ok boolean not null,
        code text not null,
        detail text not null,
        applied_at timestamptz not null
      );
      """)
}
