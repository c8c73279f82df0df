import BusKit
import Contracts

/// Tells the customer in Telegram how an order goes, in the message that the order has.
enum OrderChangedHandler {
  /// Orders over REST have no screen.
  static func isOfUse(_ event: OrderChanged) -> Bool { event.order.origin == .telegram }

  static func needs(_ event: OrderChanged) -> [Need] {
    [.row(OrderScreenRow.self, event.order.id.text), .row(Profile.self, event.order.customer.text)]
  }

  /// - Parameter explorer: see `SessionSettings`.
  static func apply(_ event: OrderChanged, _ unit: UnitOfWork, explorer: String?) throws {
    let order = event.order
    let known = try unit.find(OrderScreenRow.self, order.id.text)
    guard event.seq > known?.lastSeq ?? -1 else { return }
    let language = try unit.find(Profile.self, order.customer.text)?.language ?? known?.language ?? .en
    try unit.save(
      OrderScreenRow(
        id: order.id, customer: order.customer, language: language, lastSeq: event.seq, updatedAt: unit.now.hour))
    try unit.publish(
      ShowScreen(
        customer: order.customer, slot: OrderScreenRow.slot(order.id), seq: OrderScreenRow.screenSeq(of: event.seq),
        screen: Screens(language).order(order, previous: event.previous, explorer: explorer)))
  }
}
