import BusKit
import Contracts

/// `OrderChanged`: keeps the last known state of REST clients' orders, for replays and for when order-svc is away.
enum OrderHandlers {
  static func register(on service: inout Service) {
    service.handle(
      OrderChanged.self, where: { $0.order.origin == .rest },
      needs: { [.rows(RestOrderRow.self, where: "order_id", is: $0.order.id.text)] }
    ) { event, unit in
      for var row in try unit.all(RestOrderRow.self, where: "order_id", is: event.order.id.text) {
        guard event.seq > row.lastSeq else { continue }
        row.lastSeq = event.seq
        row.snapshot = event.order
        try unit.save(row)
      }
    }
  }
}
