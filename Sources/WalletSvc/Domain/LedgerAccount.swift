import Contracts

/// A place where money is, by name. Customers' accounts have a cached balance; the others are unlimited and have
/// none, so that they never make customers wait for each other.
struct LedgerAccount: Sendable, Hashable, CustomStringConvertible {
  let name: String

  private init(_ name: String) { self.name = name }

  /// What a customer can spend.
  static func available(_ customer: CustomerID) -> LedgerAccount { .init("customer:\(customer)") }
  /// What is set aside for a customer's orders.
  static func held(_ customer: CustomerID) -> LedgerAccount { .init("held:\(customer)") }

  /// Rentals delivered for good.
  static let revenue = LedgerAccount("revenue")
  /// TRX burned on chain for orders.
  static let costs = LedgerAccount("costs")
  /// What operators credited by hand.
  static let adjustments = LedgerAccount("adjustments")
  /// The TRX we keep on chain.
  static let custody = LedgerAccount("custody")

  var description: String { name }
}
