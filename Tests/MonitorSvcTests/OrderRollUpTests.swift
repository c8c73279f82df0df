import Contracts
import Foundation
import Testing
import TronKit

@testable import BusKit
@testable import MonitorSvc

@Suite struct OrderRollUpTests {
  private func event(
    _ state: OrderState, seq: Int64, failure: OrderFailure? = nil, deliveredAfter: TimeInterval? = nil
  ) throws -> OrderChanged {
    let created = Date(timeIntervalSince1970: 1_790_000_000)
    return OrderChanged(
      order: OrderView(
        id: OrderID(text: "ord_1"), customer: CustomerID(text: "cus_1"), origin: .rest, receiver: .zero,
        energy: Energy(65_000), durationSeconds: 3_600, price: Sun(1), state: state, failure: failure,
        createdAt: created, deliveredAt: deliveredAfter.map { created.addingTimeInterval($0) }, updatedAt: created),
      previous: nil, seq: seq)
  }

  @Test("an order's delivery and end are counted once, whatever the order of its events")
  func once() throws {
    let events = [
      try event(.placed, seq: 1), try event(.delivered, seq: 4, deliveredAfter: 6), try event(.delegating, seq: 3),
      try event(.delivered, seq: 4, deliveredAfter: 6), try event(.active, seq: 5, deliveredAfter: 6),
      try event(.completed, seq: 7, deliveredAfter: 6), try event(.ending, seq: 6, deliveredAfter: 6),
      try event(.completed, seq: 8, deliveredAfter: 6),
    ]
    var known: OrderRollUp?
    var changes: [OrderRollUp.Change] = []
    for event in events {
      guard let change = OrderRollUp.apply(event, to: known) else { continue }
      known = change.rollUp
      changes.append(change)
    }
    #expect(changes.compactMap(\.deliverySeconds) == [6])
    #expect(changes.compactMap(\.ended) == [.completed])
    #expect(known == OrderRollUp(state: .completed, seq: 8, isDeliveryCounted: true))
  }

  @Test("a failure is counted under its reason")
  func failure() throws {
    let change = try #require(OrderRollUp.apply(try event(.failed, seq: 2, failure: .poolEmpty), to: nil))
    #expect(change.failure == .poolEmpty)
    #expect(change.ended == .failed)
    #expect(change.deliverySeconds == nil)
  }

  @Test("times fall into the smallest bucket that holds them, and are never negative", arguments: [
    (0.0, "le:1.0"), (1.0, "le:1.0"), (1.01, "le:2.0"), (7.5, "le:7.5"), (300, "le:300.0"), (301, "le:inf"),
  ])
  func buckets(seconds: Double, bucket: String) { #expect(DeliveryTime.bucket(of: seconds) == bucket) }

  @Test("a delivery before the order's creation, by clocks that differ, took no time")
  func clocks() throws {
    #expect(DeliveryTime.seconds(of: try event(.delivered, seq: 1, deliveredAfter: -3).order) == 0)
  }

  @Test("metrics say what the tables say, however often they are asked")
  func metrics() {
    let registry = MetricsRegistry()
    let metrics = MonitorMetrics()
    var snapshot = MonitorSnapshot(poolAvailable: 5_000, poolDelegated: 7)
    snapshot.counters = [
      "ended:completed": .init(count: 3), "failure:pool_empty": .init(count: 1),
      "delivery:le:7.5": .init(count: 2, total: 12.5), "delivery:le:inf": .init(count: 1, total: 400),
    ]
    metrics.update(registry, with: snapshot)
    metrics.update(registry, with: snapshot)
    snapshot.counters["failure:pool_empty"] = .init(count: 4)
    metrics.update(registry, with: snapshot)
    let lines = Set(registry.render().split(separator: "\n").map(String.init))
    #expect(
      lines.isSuperset(of: [
        "energy_orders{state=\"completed\"} 3", "energy_orders{state=\"rejected\"} 0",
        "energy_order_failures_total{reason=\"pool_empty\"} 4",
        "energy_order_delivery_seconds_bucket{le=\"5.0\"} 0", "energy_order_delivery_seconds_bucket{le=\"7.5\"} 2",
        "energy_order_delivery_seconds_bucket{le=\"+Inf\"} 3", "energy_order_delivery_seconds_sum 412.5",
        "energy_order_delivery_seconds_count 3", "energy_pool_available_energy 5000", "energy_pool_delegated_energy 7",
      ]), "\(registry.render())")
  }
}
