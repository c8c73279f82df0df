import BusKit
import Contracts
import Crypto
import TronKit

/// Writes postings: the lines in the journal, and the balances they change.
enum Ledger {
  /// - Parameters:
  ///   - id: of the posting's cause; declare `needs(id)` and look with `posted` whether it was posted before.
  ///   - approval: of the second operator, where one had to agree.
  static func write(
    _ posting: Posting, id: String, order: OrderID? = nil, customer: CustomerID? = nil, action: OperatorAction? = nil,
    approval: OperatorAction? = nil, bodyHash: String, _ unit: UnitOfWork
  ) throws {
    for (index, line) in posting.lines.enumerated() {
      try unit.save(
        JournalRow(
          id: index == 0 ? id : "\(id)/\(index)", kind: posting.kind, currency: posting.currency,
          debit: line.debit.name, credit: line.credit.name, amount: line.amount, orderId: order, customer: customer,
          action: action.map { BookedAction($0, approval: approval) }, bodyHash: bodyHash, createdAt: unit.now))
    }
  }

  static func needs(_ id: String) -> Need { .row(JournalRow.self, id) }

  /// What was posted for this cause before.
  static func posted(_ id: String, _ unit: UnitOfWork) throws -> JournalRow? { try unit.find(JournalRow.self, id) }

  /// SHA-256 of a command, in hex.
  static func hash(_ command: some Message) throws -> String {
    Hex.encode(Array(SHA256.hash(data: try MessageCoder.encode(command))))
  }

  static func needs(_ customer: CustomerID, _ currency: Currency) -> Need {
    .row(AccountRow.self, AccountRow.key(customer, currency))
  }

  static func funds(_ customer: CustomerID, _ currency: Currency, _ unit: UnitOfWork) throws -> CustomerFunds {
    guard let row = try unit.find(AccountRow.self, AccountRow.key(customer, currency)) else { return CustomerFunds() }
    // A customer's id with a currency behind it would be another customer's account.
    guard row.currency == currency else {
      throw InvariantViolation(
        "the account '\(row.id.prefix(80))' is in \(row.currency.rawValue), not in \(currency.rawValue)")
    }
    return row.funds
  }

  static func save(_ funds: CustomerFunds, of customer: CustomerID, _ currency: Currency, _ unit: UnitOfWork) throws {
    try unit.save(AccountRow(customer: customer, currency: currency, funds: funds, updatedAt: unit.now))
  }

  /// Runs a rule; what it refuses is impossible data, not a customer's mistake.
  static func checked<T>(_ rule: () throws(LedgerError) -> T) throws -> T {
    do {
      return try rule()
    } catch {
      throw InvariantViolation(error.description)
    }
  }
}
