import BusKit
import Contracts
import Crypto
import Foundation

/// Writes postings: a transfer's row and its entries, with the balance they change.
enum Ledger {
  static func write(
    _ posting: Posting, id: String, order: OrderID? = nil, customer: CustomerID? = nil, action: OperatorAction? = nil,
    bodyHash: String, _ unit: UnitOfWork
  ) throws {
    try unit.save(
      TransferRow(
        id: id, kind: posting.kind, currency: TransferRow.trx, orderId: order, customer: customer, action: action,
        bodyHash: bodyHash, createdAt: unit.now))
    for (index, entry) in posting.entries.enumerated() {
      try unit.save(
        EntryRow(
          id: "\(id)/\(index)", transfer: id, account: entry.account.name, currency: TransferRow.trx,
          amount: entry.amount.value, createdAt: unit.now))
    }
  }

  static func hash(_ command: some Message) throws -> String {
    SHA256.hash(data: Data(try MessageCoder.encode(command))).map { String(format: "%02x", $0) }.joined()
  }

  static func funds(_ customer: CustomerID, _ unit: UnitOfWork) throws -> CustomerFunds {
    try unit.find(AccountRow.self, customer.text)?.funds ?? CustomerFunds()
  }

  static func save(_ funds: CustomerFunds, of customer: CustomerID, _ unit: UnitOfWork) throws {
    try unit.save(AccountRow(id: customer, funds: funds, updatedAt: unit.now))
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
