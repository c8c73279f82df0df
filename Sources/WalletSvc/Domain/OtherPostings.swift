import Contracts
import TronKit

/// Transfers that are no part of a hold.
extension Posting {
  /// TRX that an order's transactions burned: the wallets of the pool pay it.
  static func cost(_ amount: Sun) throws(LedgerError) -> Posting {
    guard amount > .zero else { throw .invalidAmount("a cost of \(amount) is not positive") }
    return try Posting(.cost, .trx, [(.costs, .custody(.pool), amount.value)])
  }
}
