import BusKit
import Contracts

/// An operator's command that has to ask the chain, or to take its time, before it is answered. One key is one action:
/// it is recorded, told to gateway and answered once, and whoever asks again gets the first one's answer.
protocol OperatorEffect: Effect {
  associatedtype Command: Message
  var command: Command { get }
  var action: OperatorAction { get }
  /// What it is about; the same key for anything else is a mistake.
  var subject: String { get }
  var replyTo: String { get }
  var correlation: String { get }
}

extension OperatorEffect {
  var recordNeed: Need { .row(OperatorRecord.self, action.key) }

  /// The answer alone: nothing else is changed.
  func end(ok: Bool, _ code: String, _ detail: String) -> EffectOutcome {
    .done(needs: [recordNeed]) { unit in
      if try wasAnswered(unit) { return }
      try conclude(unit, ok: ok, code, detail)
    }
  }

  func refuse(_ code: String, _ detail: String) -> EffectOutcome { end(ok: false, code, detail) }

  /// The same command ran twice at once: the second asker gets the first one's answer.
  func wasAnswered(_ unit: UnitOfWork) throws -> Bool {
    guard let record = try unit.find(OperatorRecord.self, action.key) else { return false }
    try unit.reply(record.result, to: replyTo, correlation: correlation)
    return true
  }

  func conclude(_ unit: UnitOfWork, ok: Bool, _ code: String, _ detail: String) throws {
    let record = OperatorRecord(
      id: action.key, command: Command.messageType, subject: subject, ok: ok, code: code, detail: detail, at: unit.now)
    try OperatorWork.conclude(record, action: action, replyTo: replyTo, correlation: correlation, unit)
  }
}
