import BusKit
import Contracts
import Foundation

/// One line of a posting: an amount that went from one account to another. Never changed, never deleted: the database
/// refuses both. The database gives each a number and the transaction that wrote it.
struct JournalRow: Row {
  static let table = "journal"
  /// A running balance by number never shows an order's capture before its hold.
  static let isNumbered = true

  /// Made from the posting's cause (`hold:<order>`, `credit:<key>`), so that the same cause can never be posted twice;
  /// the lines after the first have `/1`, `/2` … added.
  let id: String
  let kind: Posting.Kind
  let currency: Currency
  let debit: String
  let credit: String
  let amount: Int64
  /// The order it belongs to, if any.
  let orderId: OrderID?
  let customer: CustomerID?
  /// Who did it by hand, and why; above the limit also who agreed.
  let action: BookedAction?
  /// SHA-256 of the command, in hex: the same id with another command is a mistake.
  let bodyHash: String
  let createdAt: Date

  var rowKey: String { id }
}
