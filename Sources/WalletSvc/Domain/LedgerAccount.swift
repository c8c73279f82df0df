import Contracts

/// A place where money is, by name; it has a balance in each currency. Customers' accounts have a cached balance that
/// is locked while it changes; the others are unlimited and have none, so that they never make customers wait for each
/// other.
///
/// A balance is what was credited less what was debited: positive is what we owe or have earned, negative what we hold
/// or have spent. Over all accounts it is zero.
struct LedgerAccount: Sendable, Hashable, CustomStringConvertible {
  let name: String

  private init(_ name: String) { self.name = name }

  /// Where the coins are on chain. Its balance is the negative of what the chain shows.
  enum Custody: String, Codable, Sendable, CaseIterable {
    /// Customers' deposit addresses.
    case deposits
    /// The owner's own addresses, to which deposits are swept.
    case treasury
    /// Supplier wallets.
    case pool
  }

  /// What a customer can spend.
  static func available(_ customer: CustomerID) -> LedgerAccount { .init("customer:\(customer)") }
  /// What is set aside for a customer's orders.
  static func held(_ customer: CustomerID) -> LedgerAccount { .init("held:\(customer)") }

  /// Rentals delivered for good.
  static let revenue = LedgerAccount("revenue")
  /// TRX burned on chain: for orders, for sweeps.
  static let costs = LedgerAccount("costs")
  /// What operators credited and debited by hand.
  static let adjustments = LedgerAccount("adjustments")
  /// What was given back to customers for what they had paid.
  static let refunds = LedgerAccount("refunds")
  /// Deposits that have arrived and wait for an operator's decision.
  static let depositsInFlight = LedgerAccount("deposits_in_flight")
  /// What is too small to be anybody's: dust on our addresses, remainders of divisions.
  static let rounding = LedgerAccount("rounding")

  /// The coins we keep on chain.
  static func custody(_ place: Custody) -> LedgerAccount { .init("custody:\(place.rawValue)") }

  /// The customer whose money it is; nil for an account of ours.
  var customer: CustomerID? {
    for prefix in ["customer:", "held:"] where name.hasPrefix(prefix) {
      return CustomerID(text: String(name.dropFirst(prefix.count)))
    }
    return nil
  }

  var description: String { name }
}
