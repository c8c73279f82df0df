import BusKit
import Contracts

/// Does what is due of orders: deadlines that have passed, rentals whose time is over. Every replica looks. An order's
/// row, locked and read again, says whether it still is due, so that whoever comes second finds nothing to do.
struct DueOrders: Sendable {
  let process: OrderProcess

  /// Orders of one transaction.
  static let batchMax = 200
  /// So many are looked at, so that replicas which are all behind seldom take the same ones.
  private static let lookMax = 800
  /// Between looks that found less than a batch: the longest that anything is late for.
  private static let pace: Duration = .milliseconds(250)
  /// So long an order that cannot be changed is left alone.
  private static let putOff: Duration = .seconds(60)

  func register(in service: inout Service) {
    service.background("due orders") { bus in
      while true {
        let count = try await step(bus)
        if count < Self.batchMax { try await Task.sleep(for: Self.pace) }
      }
    }
  }

  /// One batch; returns of how many.
  func step(_ bus: Bus) async throws -> Int {
    let due = try await bus.lookUp { try OrderReads.due(limit: Self.lookMax, $0) }
    let ids = Array((due.count > Self.batchMax ? due.shuffled() : due).prefix(Self.batchMax))
    try await apply(ids, bus)
    return ids.count
  }

  /// All of them in one transaction; when that fails because of one of them, each in its own, and the one is put off.
  func apply(_ ids: [String], _ bus: Bus) async throws {
    guard !ids.isEmpty else { return }
    do {
      try await together(ids, bus)
    } catch where RowsOwnFailure.includes(error) {
      for id in ids {
        do {
          try await together([id], bus)
        } catch where RowsOwnFailure.includes(error) {
          bus.logger.error(
            "what is due of an order cannot be done; it is tried again in a minute",
            metadata: ["order": "\(id)", "error": "\(error)"])
          bus.metrics.counter("energy_order_due_failures_total").increment()
          try await bus.read { try OrderReads.putOff(id, by: Self.putOff, $0) }
        }
      }
    }
  }

  private func together(_ ids: [String], _ bus: Bus) async throws {
    try await bus.transaction(needs: ids.map { .row(OrderRow.self, $0) }) { unit in
      for id in ids {
        if let order = try unit.find(OrderRow.self, id) { try happen(to: order, unit) }
      }
    }
  }

  /// The time that the order names may be that of a state which a replica of the release before has ended. Where that
  /// has set the deadline, which `deadlineSeq` shows, it counts from the order's last change.
  private func happen(to order: OrderRow, _ unit: UnitOfWork) throws {
    guard let dueAt = order.dueAt, dueAt <= unit.now else { return }
    var order = order
    switch order.state {
    case .placed, .funded, .delegating, .cancelling, .delivered, .ending:
      if order.deadlineSeq != nil, let length = process.settings.deadlines.length(in: order.state) {
        let deadline = order.updatedAt.addingTimeInterval(length.timeInterval)
        if deadline > unit.now {
          order.dueAt = deadline
          return try unit.save(order)
        }
      }
      try process.apply(.deadline, to: order, unit)
    case .active:
      let end = try order.end
      if end <= unit.now { return try process.apply(.rentalEnded, to: order, unit) }
      order.dueAt = end
      try unit.save(order)
    case .completed, .rejected, .failed, .cancelled:
      order.dueAt = nil
      try unit.save(order)
    }
  }
}
