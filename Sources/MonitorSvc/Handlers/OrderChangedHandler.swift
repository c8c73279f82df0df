import BusKit
import Contracts

/// Counts orders: how they ended, how long delivery took, why some failed. How many are under way order-svc knows, and
/// says.
enum OrderChangedHandler {
  /// Of an order's seven changes two: that it is delivered, and that it has ended (which tells of a delivery, too).
  static func isOfUse(_ event: OrderChanged) -> Bool { event.order.state == .delivered || event.order.state.isTerminal }

  static func needs(_ event: OrderChanged) -> [Need] {
    let order = event.order
    var needs: [Need] = [.row(MonitoredOrder.self, order.id.text)]
    if order.state.isTerminal {
      needs.append(.row(Counter.self, Counter.ended(order.state)))
      if let failure = order.failure { needs.append(.row(Counter.self, Counter.failure(failure))) }
    }
    if let seconds = DeliveryTime.seconds(of: order) {
      needs.append(.row(Counter.self, Counter.delivery(DeliveryTime.bucket(of: seconds))))
    }
    return needs
  }

  static func apply(_ event: OrderChanged, _ unit: UnitOfWork) throws {
    let known = try unit.find(MonitoredOrder.self, event.order.id.text)
    guard let change = OrderRollUp.apply(event, to: known?.rollUp) else { return }
    try unit.save(MonitoredOrder(event.order.id, change.rollUp, at: unit.now))
    if let state = change.ended { try Counter.add(Counter.ended(state), unit) }
    if let failure = change.failure { try Counter.add(Counter.failure(failure), unit) }
    if let seconds = change.deliverySeconds {
      try Counter.add(Counter.delivery(DeliveryTime.bucket(of: seconds)), measured: seconds, unit)
    }
  }
}
