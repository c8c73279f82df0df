import BusKit
import Contracts
import Foundation
import TronKit

/// A customer's balance: a cache of the customer's ledger entries, changed in the same transaction.
struct AccountRow: Row {
  static let table = "accounts"

  let id: CustomerID
  var available: Sun
  var held: Sun
  var seq: Int64
  var updatedAt: Date

  var rowKey: String { id.text }

  init(id: CustomerID, funds: CustomerFunds, updatedAt: Date) {
    self.id = id
    available = funds.available
    held = funds.held
    seq = funds.seq
    self.updatedAt = updatedAt
  }

  var funds: CustomerFunds { CustomerFunds(available: available, held: held, seq: seq) }
}
