import BusKit
import Contracts
import TronKit

/// Captures while the ledger differs: the hold is kept, the command is kept, nothing is said but to whoever waits for
/// an answer. While everybody's wait, which is how a restored database begins, one is kept as well whose hold is not
/// there: what came after the backup is told again in any order, and no deposit that may be behind a hold is credited.
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

  /// What a release has to know.
  static func needs(_ order: OrderID) -> [Need] {
    [.row(WaitingCaptureRow.self, order.text), .reading(LedgerFreezeRow.self, LedgerDifferenceFound.all)]
  }

  /// What a hold has to know.
  static let holdNeeds: [Need] = [.reading(LedgerDifferenceRow.self, LedgerDifferenceFound.all)]

  /// Whether the hold that is asked for is of an order that came after recovery began, by the time of its message,
  /// which a replay keeps. What customers have spent since the backup is still to be told again: nobody spends it
  /// twice.
  static func pausesHold(_ unit: UnitOfWork) throws -> Bool {
    guard let difference = try unit.find(LedgerDifferenceRow.self, LedgerDifferenceFound.all), difference.isRecovery,
      let asked = unit.cause?.createdAt
    else { return false }
    return asked >= difference.foundAt
  }

  static func isFrozen(_ customer: CustomerID, _ unit: UnitOfWork) throws -> Bool {
    try unit.find(LedgerFreezeRow.self, customer.text) != nil
      || unit.find(LedgerFreezeRow.self, LedgerDifferenceFound.all) != nil
  }

  /// Whether the capture waits; then it is kept and answered. Only one that would move money, or may, does.
  static func keeps(_ command: CaptureHold, _ unit: UnitOfWork) throws -> Bool {
    guard try isFrozen(command.customer, unit), try mayMoveMoney(command, unit) else { return false }
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

  /// A hold that was refused before everybody's captures began to wait was refused for good: its capture contradicts
  /// that, whenever it comes.
  private static func mayMoveMoney(_ command: CaptureHold, _ unit: UnitOfWork) throws -> Bool {
    guard command.amount >= .zero else { return false }
    let freeze = try unit.find(LedgerFreezeRow.self, LedgerDifferenceFound.all)
    guard let row = try unit.find(HoldRow.self, command.order.text) else { return freeze != nil }
    guard row.customer == command.customer, command.amount <= row.amount else { return false }
    switch row.state {
    case .held: return true
    case .refused: return freeze.map { $0.since <= row.createdAt } ?? false
    case .captured, .released, .barred: return false
    }
  }

  /// A hold that was refused and is released is not asked for anew by a capture that waits, or comes later: the order's
  /// own word holds, and the capture is contradicted.
  static func yields(to command: ReleaseHold, _ unit: UnitOfWork) throws {
    guard
      try unit.find(WaitingCaptureRow.self, command.order.text) != nil
        || unit.find(LedgerFreezeRow.self, LedgerDifferenceFound.all) != nil,
      var row = try unit.find(HoldRow.self, command.order.text), row.state == .refused,
      row.customer == command.customer
    else { return }
    row.state = .barred
    row.updatedAt = unit.now
    try unit.save(row)
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
