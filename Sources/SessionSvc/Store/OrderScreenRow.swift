import BusKit
import Contracts
import Foundation

/// How far the message of an order has been told.
struct OrderScreenRow: Row {
  static let table = "order_screens"

  /// The order.
  let id: OrderID
  let customer: CustomerID
  var language: Language
  /// The `seq` of the last OrderChanged shown; 0 before the first. An older event shows nothing.
  var lastSeq: Int64
  /// The hour of it.
  var updatedAt: Date

  var rowKey: String { id.text }
  static func slot(_ order: OrderID) -> String { "order:\(order.text)" }

  /// The screen's own `seq`: Confirm's screen has 1, those of events follow in the order of the events.
  static let acceptedScreenSeq: Int64 = 1
  static func screenSeq(of eventSeq: Int64) -> Int64 { max(0, eventSeq) + 1 + acceptedScreenSeq }
}
