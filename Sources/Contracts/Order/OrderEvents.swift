import BusKit

/// An order's state or data changed; carries all of it.
public struct OrderChanged: Event {
  public static let messageType = "order.OrderChanged"
  public static let topic = Topic.orderEvents
  public let order: OrderView
  /// nil for a new order.
  public let previous: OrderState?
  public let seq: Int64
  public var aggregate: String { order.id.text }
  public init(order: OrderView, previous: OrderState?, seq: Int64) {
    self.order = order
    self.previous = previous
    self.seq = seq
  }
}
