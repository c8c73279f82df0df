import BusKit
import Contracts

enum SupplierHandlers {
  static func needs(_ command: AddSupplier) -> [Need] { [.row(OperatorRecord.self, command.action.key)] }

  /// The seal is opened in an effect: no key, not even a sealed one, is looked at inside a transaction.
  static func add(_ command: AddSupplier, _ unit: UnitOfWork) throws {
    let replyTo = unit.cause?.replyTo ?? ""
    let correlation = unit.cause?.correlation ?? ""
    if let earlier = try OperatorWork.earlier(
      command.action, command: AddSupplier.messageType, subject: command.address.base58, unit)
    {
      return try unit.reply(earlier, to: replyTo, correlation: correlation)
    }
    try unit.start(AdmitSupplier(command: command, replyTo: replyTo, correlation: correlation))
  }

  static func needs(_ command: SetSigning) -> [Need] {
    [.row(OperatorRecord.self, command.action.key), .row(SigningState.self, SigningState.key)]
  }

  static func setSigning(_ command: SetSigning, _ unit: UnitOfWork) throws {
    let replyTo = unit.cause?.replyTo ?? ""
    let correlation = unit.cause?.correlation ?? ""
    let subject = command.mode.rawValue
    if let earlier = try OperatorWork.earlier(
      command.action, command: SetSigning.messageType, subject: subject, unit)
    {
      return try unit.reply(earlier, to: replyTo, correlation: correlation)
    }
    var state = try unit.find(SigningState.self, SigningState.key) ?? SigningState(hourStartedAt: unit.now)
    let code = state.mode == command.mode ? "unchanged" : "done"
    state.mode = command.mode
    try unit.save(state)
    let record = OperatorRecord(
      id: command.action.key, command: SetSigning.messageType, subject: subject, ok: true, code: code,
      detail: "signing: \(subject)", at: unit.now)
    try OperatorWork.conclude(record, action: command.action, replyTo: replyTo, correlation: correlation, unit)
  }
}
