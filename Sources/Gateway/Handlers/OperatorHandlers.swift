import BusKit
import Contracts

/// `CreateClient` and the audit log.
enum OperatorHandlers {
  static func register(on service: inout Service) {
    service.handle(
      CreateClient.self,
      needs: { message in
        [
          .row(APIClientRow.self, message.client.text),
          .rows(APIClientRow.self, where: "action_key", is: message.action.key),
        ]
      }, apply: create)
    service.handle(OperatorActed.self, needs: { [.row(AuditRow.self, AuditRow.key($0))] }, apply: record)
  }

  static func create(_ message: CreateClient, _ unit: UnitOfWork) throws {
    let byKey = try unit.all(APIClientRow.self) { $0.actionKey == message.action.key }.first
    let byID = try unit.find(APIClientRow.self, message.client.text)
    let result = decide(message, byKey: byKey, byID: byID)
    if result.code == "done", byKey == nil {
      try unit.save(
        APIClientRow(
          id: message.client.text, customer: message.customer, name: message.name, secretHash: message.secretHash,
          actionKey: message.action.key, createdAt: unit.now))
      try unit.publish(
        OperatorActed(
          service: ServiceName.gateway, command: CreateClient.messageType, subject: message.client.text,
          action: message.action, outcome: result.code))
    }
    guard let cause = unit.cause else { return }
    try unit.reply(result, to: cause.replyTo, correlation: cause.correlation)
  }

  /// The same action again gets the same answer; everything else that touches an existing client is refused.
  static func decide(_ message: CreateClient, byKey: APIClientRow?, byID: APIClientRow?) -> CommandResult {
    guard message.secretHash.count == 32, !message.client.text.isEmpty else {
      return CommandResult(
        ok: false, code: "invalid", detail: "secretHash must be a SHA-256 and the client's id not empty")
    }
    let done = CommandResult(ok: true, code: "done", detail: "client \(message.client) acts for \(message.customer)")
    if let byKey {
      guard byKey.id == message.client.text, byKey.customer == message.customer, byKey.secretHash == message.secretHash
      else {
        return CommandResult(
          ok: false, code: "key_conflict",
          detail: "the action key \(message.action.key) was used for client \(byKey.id)")
      }
      return done
    }
    guard byID == nil else {
      return CommandResult(ok: false, code: "client_exists", detail: "there is a client \(message.client) already")
    }
    return done
  }

  static func record(_ event: OperatorActed, _ unit: UnitOfWork) throws {
    let id = AuditRow.key(event)
    guard try unit.find(AuditRow.self, id) == nil else { return }
    try unit.save(
      AuditRow(
        id: id, at: unit.now, service: event.service, command: event.command, subject: event.subject,
        actor: event.action.actor, reason: event.action.reason, actionKey: event.action.key, outcome: event.outcome))
  }
}
