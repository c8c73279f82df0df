import BusKit
import Contracts

/// What every operator's command shares: the same key is the same action, and gateway hears of each in the same
/// transaction.
enum OperatorWork {
  /// The answer to a key that was used before; nil for a key that was not.
  static func earlier(_ action: OperatorAction, command: String, subject: String, _ unit: UnitOfWork) throws
    -> CommandResult?
  {
    guard let record = try unit.find(OperatorRecord.self, action.key) else { return nil }
    guard record.command == command, record.subject == subject else {
      return CommandResult(
        ok: false, code: "key_conflict",
        detail: "the key \(action.key) was used for \(record.command) of \(record.subject): use another")
    }
    return record.result
  }

  static func conclude(
    _ record: OperatorRecord, action: OperatorAction, replyTo: String, correlation: String, _ unit: UnitOfWork
  ) throws {
    try unit.save(record)
    try unit.publish(
      OperatorActed(
        service: ServiceName.tx, command: record.command, subject: record.subject, action: action,
        outcome: record.code),
      correlation: correlation)
    try unit.reply(record.result, to: replyTo, correlation: correlation)
  }
}
