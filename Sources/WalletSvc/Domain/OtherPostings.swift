import Contracts
import TronKit

/// Transfers that are no part of a hold.
extension Posting {
  /// An operator gives a customer money.
  static func credit(_ amount: Sun, to customer: CustomerID) throws(LedgerError) -> Posting {
    guard amount > .zero else { throw .invalidAmount("a credit of \(amount) is not positive") }
    return try Posting(.credit, .trx, [(.adjustments, .available(customer), amount.value)])
  }

  /// TRX that an order's transactions burned.
  static func cost(_ amount: Sun) throws(LedgerError) -> Posting {
    guard amount > .zero else { throw .invalidAmount("a cost of \(amount) is not positive") }
    return try Posting(.cost, .trx, [(.costs, .pool, amount.value)])
  }
}
