import BusKit
import Contracts
import Foundation

/// A client of the REST API and the customer it acts for.
struct APIClientRow: Row {
  static let table = "api_clients"
  let id: String
  let customer: CustomerID
  let name: String
  /// SHA-256 of the secret.
  let secretHash: Data
  /// The operator action that made it.
  let actionKey: String
  let createdAt: Date
  var rowKey: String { id }
}
