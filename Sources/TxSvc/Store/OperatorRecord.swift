import BusKit
import Contracts
import Foundation

/// An operator's command that was carried out or refused, by its idempotency key.
struct OperatorRecord: Row {
  static let table = "operator_records"

  let id: String
  let command: String
  /// What it was about; the same key with another subject is a mistake.
  let subject: String
  let ok: Bool
  let code: String
  let detail: String
  let at: Date

  var rowKey: String { id }
  var result: CommandResult { CommandResult(ok: ok, code: code, detail: detail) }
}
