import Foundation

/// What tx-svc's tables hold.
struct DatabaseSnapshot: Sendable {
  struct Order: Sendable {
    var id: String
    var state: String
    var failure: String?
  }

  struct Leg: Sendable {
    var id: String
    var order: String
    var supplier: String
    var receiver: String
    var energy: Int64
    var stake: Int64
    var state: String
  }

  struct Transaction: Sendable {
    var id: String
    var order: String
    var leg: String
    /// `delegate` or `reclaim`.
    var purpose: String
    var state: String
  }

  struct Sending: Sendable {
    var txID: String
    /// When its row was committed at the latest, in milliseconds: the transaction's own time.
    var sentAtMs: Int64
  }

  struct Wallet: Sendable {
    var address: String
    var reserved: Int64
    var delegated: Int64
  }

  var orders: [Order]
  var legs: [Leg]
  var transactions: [Transaction]
  var sendings: [Sending]
  var wallets: [Wallet]
  /// Effects of orders that are not done, as `kind of order`.
  var pendingEffects: [String]
  /// Effects that were given up, as `kind of order: reason`.
  var deadEffects: [String]
  /// Messages that were not sent, parked, or given up as dead letters.
  var strandedMessages: [String]
}
