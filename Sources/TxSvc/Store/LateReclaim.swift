import BusKit
import Contracts
import Foundation
import TronKit

/// A leg that was not taken back in time, and whether that was told.
struct LateReclaim: Row {
  static let table = "late_reclaims"

  /// The leg's.
  let id: String
  let orderID: OrderID
  let dueAt: Date
  let since: Date
  var settledAt: Date?
  var seq: Int64

  var rowKey: String { id }
}
