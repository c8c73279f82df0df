import BusKit
import Contracts
import TronKit

/// The part of crediting a deposit that is the same whether it was clear whose it is or an operator has said so.
enum DepositCredit {
  /// What the customer has afterwards; nil when a balance cannot hold it.
  static func funds(after money: Money, _ customer: CustomerID, _ unit: UnitOfWork) throws -> CustomerFunds? {
    var funds = try Ledger.funds(customer, money.currency, unit)
    do {
      try funds.follow(try Posting.deposit(money, to: customer), customer: customer)
    } catch .overflow {
      return nil
    } catch {
      throw InvariantViolation(error.description)
    }
    // What is held may come back: both together must fit, or a release could not be booked.
    guard !funds.available.addingReportingOverflow(funds.held).overflow else { return nil }
    funds.seq += 1
    return funds
  }

  /// Books it and tells everybody. The account's row and the posting's id must be among the unit's needs.
  /// - Parameter asked: who has asked for what the deposit's decision agrees to.
  static func write(
    _ posting: Posting, id: String, _ deposit: DepositRow, _ funds: CustomerFunds, asked: OperatorAction? = nil,
    bodyHash: String, _ unit: UnitOfWork
  ) throws {
    guard let customer = deposit.customer, let money = deposit.money else {
      throw InvariantViolation("deposit \(deposit.id) has no customer or no amount, and is to be credited")
    }
    try Ledger.save(funds, of: customer, money.currency, unit)
    try Ledger.write(
      posting, id: id, customer: customer, action: asked ?? deposit.decision,
      approval: asked == nil ? nil : deposit.decision, bodyHash: bodyHash, unit)
    try unit.publish(
      DepositCredited(
        customer: customer, address: deposit.address, money: money, txID: deposit.txID, logIndex: deposit.logIndex,
        blockTime: deposit.blockTime, available: funds.available, seq: funds.seq))
  }
}
