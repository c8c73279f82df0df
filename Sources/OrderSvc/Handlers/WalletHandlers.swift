import BusKit
import Contracts

/// What wallet-svc says of an order's money.
struct WalletHandlers: Sendable {
  let process: OrderProcess

  func register(in service: inout Service) {
    service.handle(FundsHeld.self, needs: { [.row(OrderRow.self, $0.order.text)] }) { event, unit in
      guard
        var order = try newer(event.order, .fundsHeld, customer: event.customer, seq: event.seq, unit)
      else { return }
      guard event.amount == order.price else {
        throw InvariantViolation("\(event.amount) is held for order \(order.id), whose price is \(order.price)")
      }
      if order.hold == .asked { order.hold = .held }
      try process.apply(.fundsHeld, to: order, unit)
    }
    service.handle(FundsRefused.self, needs: { [.row(OrderRow.self, $0.order.text)] }) { event, unit in
      guard
        var order = try newer(event.order, .fundsRefused, customer: event.customer, seq: event.seq, unit)
      else { return }
      if order.hold == .asked { order.hold = .refused }
      try process.apply(.fundsRefused(event.reason), to: order, unit)
    }
    service.ignore(HoldSettled.self)
    service.ignore(HoldContradicted.self)
    service.ignore(LedgerDifferenceFound.self)
    service.ignore(DepositCredited.self)
    service.ignore(UnexpectedWithdrawal.self)
    service.ignore(CustodyDiffers.self)
  }

  /// The order with the event noted as seen; nil when the event is older than what the order has seen.
  private func newer(
    _ id: OrderID, _ kind: OrderInput.Kind, customer: CustomerID, seq: Int64, _ unit: UnitOfWork
  ) throws -> OrderRow? {
    guard var order = try unit.find(OrderRow.self, id.text) else { throw OrderProcess.unknown(kind, id) }
    guard order.customer == customer else {
      throw InvariantViolation("\(kind.rawValue) for order \(id) names \(customer); the order is another customer's")
    }
    guard seq > order.walletSeq else { return nil }
    order.walletSeq = seq
    return order
  }
}
