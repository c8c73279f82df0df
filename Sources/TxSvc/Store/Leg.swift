import BusKit
import Contracts
import Foundation
import TronKit

/// One delegation of an order from one wallet. Its `stake` is delegated and, to the last sun, reclaimed.
struct Leg: Row {
  static let table = "legs"

  /// `<order>/<number>`.
  let id: String
  let orderID: OrderID
  let supplier: TronAddress
  let energy: Energy
  let stake: Sun
  var state: LegState
  /// The wallet whose figures do not show this leg yet, i.e. in whose `reserved` it is counted; nil once they do.
  var reservedBy: TronAddress?
  /// Whether it is counted in its wallet's `delegated`.
  var isCounted: Bool
  /// The order's receiver while the leg is live, nil afterwards: finds what else is lent to the same address.
  var lentTo: TronAddress?
  var txID: TransactionID?
  var reclaimTxID: TransactionID?
  var blockNumber: Int64?
  var blockTimeMs: Int64?
  /// Why it died, for people.
  var note: String?

  var rowKey: String { id }
}
