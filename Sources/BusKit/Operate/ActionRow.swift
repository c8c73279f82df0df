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
