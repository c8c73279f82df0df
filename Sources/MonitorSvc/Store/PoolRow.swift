import BusKit
import Foundation

/// The pool as tx-svc last told it.
struct PoolRow: Row {
  static let table = "pool"
  static let key = "pool"

  let id: String
  var available: Int64
  var delegated: Int64
  var wallets: Int64
  var seq: Int64
  var updatedAt: Date

  var rowKey: String { id }
}
