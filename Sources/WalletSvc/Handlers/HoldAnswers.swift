import BusKit
import Contracts
import TronKit

/// What is said of a command about a hold: an event for everybody, and a CommandResult for whoever waits for it.
enum HoldAnswers {
  static func publish<M: Message>(
    _ answer: HoldRules.Answer, to command: M, order: OrderID, customer: CustomerID, _ unit: UnitOfWork
  ) throws {
    switch answer {
    case .held(let amount, let seq, _):
      try unit.publish(FundsHeld(order: order, customer: customer, amount: amount, seq: seq))
    case .refused(let reason, let available, let seq):
      try unit.publish(
        FundsRefused(order: order, customer: customer, reason: reason, available: available, seq: seq))
    case .settled(let captured, let released, let seq, _):
      try unit.publish(
        HoldSettled(order: order, customer: customer, captured: captured, released: released, seq: seq))
    case .contradicted(let reason, let detail, let seq):
      try unit.publish(
        HoldContradicted(
          order: order, customer: customer, command: M.messageType, reason: reason, detail: detail, seq: seq))
    case .nothing: break
    }
    let result = result(answer, order, isCapture: command is CaptureHold)
    try unit.answer(result)
  }

  /// Distinct codes: what was done, what had been done already, and what cannot be.
  /// - Parameter isCapture: a capture of nothing is one, too.
  static func result(_ answer: HoldRules.Answer, _ order: OrderID, isCapture: Bool) -> CommandResult {
    switch answer {
    case .held(let amount, _, let isRepeated):
      CommandResult(ok: true, code: isRepeated ? "exists" : "held", detail: "\(amount) is held for \(order)")
    case .refused(let reason, let available, _):
      CommandResult(
        ok: false, code: reason.rawValue,
        detail: "nothing is held for \(order); \(available) was available"
          + (reason == .signingPaused ? ", and is not spent while a restored ledger is compared: order later" : ""))
    case .settled(let captured, let released, _, let isRepeated):
      CommandResult(
        ok: true, code: settledCode(isCapture: isCapture, isRepeated: isRepeated),
        detail: "\(captured) of the hold of \(order) is captured, \(released) released")
    case .nothing:
      CommandResult(ok: true, code: "remembered", detail: "nothing is held for \(order); a later hold is refused")
    case .contradicted(let reason, let detail, _):
      CommandResult(ok: false, code: reason.rawValue, detail: "order \(order): \(detail)")
    }
  }

  private static func settledCode(isCapture: Bool, isRepeated: Bool) -> String {
    switch (isCapture, isRepeated) {
    case (true, false): "captured"
    case (true, true): "already_captured"
    case (false, false): "released"
    case (false, true): "already_released"
    }
  }
}
