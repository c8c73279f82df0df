import BusKit
import Contracts
import Foundation
import TronKit

/// An idempotency key of a client, the order it made, and the last that was heard of it.
struct RestOrderRow: Row {
  static let table = "rest_orders"
  /// `IdempotencyKey.rowID`.
  let id: String
  let client: String
  let customer: CustomerID
  let orderId: String
  /// `OrderRequest.fingerprint`.
  let requestHash: String
  let receiver: TronAddress
  let energy: Energy
  let durationSeconds: Int64
  /// Postgres' time of the commit.
  var createdAt: Date
  /// The `seq` of the last OrderChanged; 0 while there was none.
  var lastSeq: Int64 = 0
  var snapshot: OrderView?
  var rowKey: String { id }

  /// `snapshot` with its number, which the release before keeps in `last_seq` alone.
  var view: OrderView? {
    var view = snapshot
    view?.seq = lastSeq
    return view
  }
}
