import BusKit
import Contracts

/// A customer who wants alerts.
struct Subscription: Row {
  static let table = "subscriptions"

  /// The customer.
  let id: CustomerID
  var language: String

  var rowKey: String { id.text }
}
