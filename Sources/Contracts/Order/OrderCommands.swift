import BusKit
import Foundation
import TronKit

/// Asks for an order. It is sent with `timeToLive`; `replyTo` is answered with `OrderChanged` when the order leaves
/// `placed`. Repeated before that, it replaces the first sender: whoever sent it last is answered. Repeated later, it
/// is answered at once.
public struct PlaceOrder: Message {
  public static let messageType = "order.PlaceOrder"
  public static let topic = Topic.orderCommands
  /// For how long an order that was asked for is worth taking up: then the customer has gone, and prices have moved.
  public static let timeToLive = Duration.seconds(30)
  public let order: OrderID
  public let customer: CustomerID
  public let origin: OrderView.Origin
  public let receiver: TronAddress
  public let energy: Energy
  public let durationSeconds: Int64
  /// The dearest price the customer has agreed to; nil when no price was shown (REST without `max_price`).
  public let priceMax: Sun?
  public var messageKey: String { order.text }

  public init(
    order: OrderID, customer: CustomerID, origin: OrderView.Origin, receiver: TronAddress, energy: Energy,
    durationSeconds: Int64, priceMax: Sun?
  ) {
    self.order = order
    self.customer = customer
    self.origin = origin
    self.receiver = receiver
    self.energy = energy
    self.durationSeconds = durationSeconds
    self.priceMax = priceMax
  }
}

/// Asks to cancel. Answered (`replyTo`) with `CommandResult`: `accepted`, `too_late`, `not_found`.
public struct CancelOrder: Message {
  public static let messageType = "order.CancelOrder"
  public static let topic = Topic.orderCommands
  public let order: OrderID
  public let customer: CustomerID
  public var messageKey: String { order.text }
  public init(order: OrderID, customer: CustomerID) {
    self.order = order
    self.customer = customer
  }
}

/// Of the release before, which told order-svc so that a deadline has passed; nobody sends it any more. An order that
/// has moved on ignores it.
public struct OrderDeadline: Message {
  public static let messageType = "order.OrderDeadline"
  public static let topic = Topic.orderCommands
  public let order: OrderID
  /// The order's `seq` when the deadline was set: any later change makes it stale.
  public let seq: Int64
  public var messageKey: String { order.text }
  public init(order: OrderID, seq: Int64) {
    self.order = order
    self.seq = seq
  }
}

/// Of the release before, which told order-svc so that the rental's time is over; nobody sends it any more.
public struct RentalEnded: Message {
  public static let messageType = "order.RentalEnded"
  public static let topic = Topic.orderCommands
  public let order: OrderID
  public let endsAt: Date
  public var messageKey: String { order.text }
  public init(order: OrderID, endsAt: Date) {
    self.order = order
    self.endsAt = endsAt
  }
}
