import BusKit
import Contracts
import Foundation

/// A customer's saved receiving addresses, in the order in which they were saved. One row, so that the limit holds
/// exactly.
struct AddressBookRow: Row {
  static let table = "address_books"

  /// The customer.
  let id: CustomerID
  var addresses: [SavedAddress]
  var updatedAt: Date

  var rowKey: String { id.text }
}
