import BusKit
import Contracts
import TronKit

/// Captures while the ledger differs: the hold is kept, the command is kept, nothing is said but to whoever waits for
/// an answer.
enum CaptureFreeze {
  /// The lock makes a capture and the clearing of its difference come one after the other: either the capture is kept
  /// before the clearing looks for those that wait, or it finds no freeze. One that begins while a difference is found
  /// is booked as any other.
  static func needs(_ order: OrderID, _ customer: CustomerID) -> [Need] {
    [
      .row(LedgerFreezeRow.self, customer.text), .row(LedgerFreezeRow.self, LedgerDifferenceFound.all),
      .row(WaitingCaptureRow.self, order.text),
    ]
  }

  static func isFrozen(_ customer: CustomerID, _ unit: UnitOfWork) throws -> Bool {
    try unit.find(LedgerFreezeRow.self, customer.text) != nil
      || unit.find(LedgerFreezeRow.self, LedgerDifferenceFound.all) != nil
  }

  /// Whether the capture waits; then it is kept and answered. Only one that would move money does.
  static func keeps(_ command: CaptureHold, _ unit: UnitOfWork) throws -> Bool {
    guard try isFrozen(command.customer, unit),
      let hold = try unit.find(HoldRow.self, command.order.text)?.hold, hold.state == .held,
      hold.customer == command.customer, command.amount >= .zero, command.amount <= hold.amount
    else { return false }
    if let waiting = try unit.find(WaitingCaptureRow.self, command.order.text) {
      guard waiting.amount == command.amount.value else {
        let detail = "a capture of \(Sun(waiting.amount)) waits, not \(command.amount)"
        try contradict(command, command.order, command.customer, detail, unit)
        return true
      }
    } else {
      try unit.save(
        WaitingCaptureRow(
          id: command.order, customer: command.customer, amount: command.amount.value,
          since: unit.now))
    }
    try unit.answer(
      CommandResult(
        ok: true, code: "waiting",
        detail: "the ledger differs: \(command.amount) of order \(command.order) is captured when that is cleared"))
    return true
  }

  /// Whether a capture of the hold waits, which what was delivered is paid with; then the release is contradicted.
  static func refuses(_ command: ReleaseHold, _ unit: UnitOfWork) throws -> Bool {
    guard let waiting = try unit.find(WaitingCaptureRow.self, command.order.text),
      let hold = try unit.find(HoldRow.self, command.order.text)?.hold, hold.state == .held,
      hold.customer == command.customer
    else { return false }
    try contradict(
      command, command.order, command.customer, "a capture of \(Sun(waiting.amount)) waits", unit)
    return true
  }

  private static func contradict(
    _ command: some Message, _ order: OrderID, _ customer: CustomerID, _ detail: String, _ unit: UnitOfWork
  ) throws {
    var funds = try Ledger.funds(customer, .trx, unit)
    funds.seq += 1
    try Ledger.save(funds, of: customer, .trx, unit)
    try HoldAnswers.publish(
      .contradicted(.alreadyCaptured, detail: detail, seq: funds.seq), to: command, order: order, customer: customer,
      unit)
  }
}
