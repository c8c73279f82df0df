import BusKit
import Contracts
import Foundation

/// What customers ask for, through gateway and session-svc.
struct CustomerHandlers: Sendable {
  let process: OrderProcess

  func register(in service: inout Service) {
    service.handle(PlaceOrder.self, needs: { [.row(OrderRow.self, $0.order.text)] }, apply: place)
    service.handle(CancelOrder.self, needs: { [.row(OrderRow.self, $0.order.text)] }, apply: cancel)
  }

  private func place(_ command: PlaceOrder, _ unit: UnitOfWork) throws {
    if let order = try unit.find(OrderRow.self, command.order.text) {
      guard order.matches(command) else {
        throw InvariantViolation("PlaceOrder for order \(order.id) differs from the order of that id")
      }
      return try process.apply(.placeValid, to: order, unit)
    }
    guard OrderID(parsing: command.order.text) != nil else {
      throw InvariantViolation("PlaceOrder with id '\(command.order.text.prefix(80))': not the form of an order's id")
    }
    let (price, refusal) = PlacementRules.check(
      command, catalogue: process.settings.catalogue, isExpired: unit.cause?.isExpired(at: unit.now) ?? false)
    let order = OrderRow(command, price: price, now: unit.now, replyTo: unit.cause?.replyTo ?? "")
    try process.apply(refusal.map { .placeRefused($0) } ?? .placeValid, to: order, exists: false, unit)
  }

  private func cancel(_ command: CancelOrder, _ unit: UnitOfWork) throws {
    guard let order = try unit.find(OrderRow.self, command.order.text), order.customer == command.customer else {
      return try OrderProcess.answer(.notFound, command.order, unit)
    }
    try process.apply(.cancel, to: order, unit)
  }
}
