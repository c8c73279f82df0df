import BusKit
import Contracts
import Foundation

/// One operator action that a service applied. The table takes inserts only.
struct AuditRow: Row {
  static let table = "audit_log"
  let id: String
  let at: Date
  let service: String
  let command: String
  let subject: String
  let actor: String
  let reason: String
  let actionKey: String
  let outcome: String
  var rowKey: String { id }

  static func key(_ event: OperatorActed) -> String { "\(event.service):\(event.command):\(event.action.key)" }
}
