import BusKit
import Contracts

/// What order-svc of the release before told itself to do later. Now the order itself says when it is due, and
/// `DueOrders` looks. They stay until no such message can be on its way any more: the longest rental.
struct TimerHandlers: Sendable {
  let process: OrderProcess

  func register(in service: inout Service) {
    service.handle(OrderDeadline.self, needs: { [.row(OrderRow.self, $0.order.text)] }) { timer, unit in
      guard let order = try unit.find(OrderRow.self, timer.order.text) else {
        throw OrderProcess.unknown(.deadline, timer.order)
      }
      // The order has moved on, or has another deadline.
      guard order.deadlineSeq == timer.seq else { return }
      try process.apply(.deadline, to: order, unit)
    }
    service.handle(RentalEnded.self, needs: { [.row(OrderRow.self, $0.order.text)] }) { timer, unit in
      guard let order = try unit.find(OrderRow.self, timer.order.text) else {
        throw OrderProcess.unknown(.rentalEnded, timer.order)
      }
      try process.apply(.rentalEnded, to: order, unit)
    }
  }
}
