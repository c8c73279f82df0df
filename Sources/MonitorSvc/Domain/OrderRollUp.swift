import Contracts
import Foundation

/// What is remembered of an order to count it once: in its state, in its delivery, in its failure.
struct OrderRollUp: Sendable, Equatable {
  var state: OrderState
  var seq: Int64
  var isDeliveryCounted: Bool

  /// What an event adds to the counters.
  struct Change: Sendable, Equatable {
    var rollUp: OrderRollUp
    /// The terminal state that the order has reached with this event.
    var ended: OrderState?
    var failure: OrderFailure?
    var deliverySeconds: Double?
  }

  /// nil for an event that is not newer than what is known.
  /// - Parameter known: nil for an order not seen before.
  static func apply(_ event: OrderChanged, to known: OrderRollUp?) -> Change? {
    if let known, event.seq <= known.seq { return nil }
    let order = event.order
    let seconds = known?.isDeliveryCounted == true ? nil : DeliveryTime.seconds(of: order)
    let ends = order.state.isTerminal && known?.state.isTerminal != true
    let isDeliveryCounted = known?.isDeliveryCounted == true || seconds != nil
    return Change(
      rollUp: OrderRollUp(state: order.state, seq: event.seq, isDeliveryCounted: isDeliveryCounted),
      ended: ends ? order.state : nil, failure: ends ? order.failure : nil, deliverySeconds: seconds)
  }
}
