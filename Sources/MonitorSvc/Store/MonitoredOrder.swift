import BusKit
import Contracts
import Foundation

/// An order that was delivered, or has ended: events that come late, or again, must still find it
/// (`Retention.endedOrders`).
struct MonitoredOrder: Row {
  static let table = "monitored_orders"

  /// The order.
  let id: OrderID
  var state: OrderState
  var isEnded: Bool
  var seq: Int64
  var isDeliveryCounted: Bool
  var updatedAt: Date

  var rowKey: String { id.text }
  var rollUp: OrderRollUp { OrderRollUp(state: state, seq: seq, isDeliveryCounted: isDeliveryCounted) }

  init(_ id: OrderID, _ rollUp: OrderRollUp, at now: Date) {
    self.id = id
    state = rollUp.state
    isEnded = rollUp.state.isTerminal
    seq = rollUp.seq
    isDeliveryCounted = rollUp.isDeliveryCounted
    updatedAt = now
  }
}
