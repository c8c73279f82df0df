import BusKit
import Contracts
import Foundation

/// The head of a posting. Its id is made from its cause (`hold:<order>`, `credit:<key>`), so that the same cause can
/// never be posted twice.
struct TransferRow: Row {
  static let table = "transfers"
  /// The only one so far; the ledger's tables and checks know several.
  static let trx = "TRX"

  let id: String
  let kind: Posting.Kind
  let currency: String
  /// The order it belongs to, if any.
  let orderId: OrderID?
  let customer: CustomerID?
  /// Who did it by hand, and why.
  let action: OperatorAction?
  /// SHA-256 of the command, in hex: the same id with another command is a mistake.
  let bodyHash: String
  let createdAt: Date

  var rowKey: String { id }
}
