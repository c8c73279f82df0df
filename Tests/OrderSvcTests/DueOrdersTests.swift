import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing
import TronKit

@testable import OrderSvc

@Suite("What is due of orders, on a real database")
struct DueOrdersTests {
  private func place(_ count: Int, _ orders: RunningOrders) async throws -> [String] {
    try await eventually(within: .seconds(20), "the tables are there") {
      try await number("select count(*) as n from pg_indexes where indexname = 'orders_due'", orders) == 1
    }
    var ids: [String] = []
    for _ in 0..<count {
      let order = OrderID.make()
      try await orders.client.send(
        PlaceOrder(
          order: order, customer: CustomerID(text: "cus_test"), origin: .rest, receiver: USDT.mainnet,
          energy: Energy(65_000), durationSeconds: 1, priceMax: nil))
      ids.append(order.text)
    }
    let wanted = ids
    try await eventually { try await number("select count(*) as n from orders", orders) == Int64(wanted.count) }
    return ids
  }

  private func number(_ sql: String, _ orders: RunningOrders) async throws -> Int64 {
    try await orders.pool.withSession { try $0.execute(sql).rows.first?.int("n") ?? -1 }
  }

  private func makeDue(_ orders: RunningOrders) async throws {
    try await orders.pool.withSession { _ = try $0.execute("update orders set due_at = now()") }
  }

  @Test("happens once, though every replica looks at the same orders at the same time")
  func once() async throws {
    try await RunningOrders.run { orders in
      let ids = try await place(40, orders)
      try await makeDue(orders)
      let due = DueOrders(process: OrderProcess(settings: OrderSettings(sealKey: RunningOrders.key)))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 { group.addTask { try await due.apply(ids, orders.bus) } }
        try await group.waitForAll()
      }
      let ended = "select count(*) as n from orders where state = 'failed' and due_at is null"
      #expect(try await number(ended, orders) == 40)
      #expect(try await number("select count(*) as n from outbox where type = 'wallet.ReleaseHold'", orders) == 40)
      let ends = "select count(*) as n from outbox where type = 'order.OrderChanged' and topic = 'order.events'"
      #expect(try await number(ends, orders) == 80)
      // What no message has caused is found by its order.
      let strays = """
        select count(*) as n from outbox where type = 'wallet.ReleaseHold'
          and correlation <> convert_from(body, 'UTF8')::json ->> 'order'
        """
      #expect(try await number(strays, orders) == 0)
    }
  }

  @Test("an order that cannot be read holds up none of the others, and is tried again later")
  func broken() async throws {
    try await RunningOrders.run { orders in
      let ids = try await place(3, orders)
      try await orders.pool.withSession {
        _ = try $0.execute("update orders set hold = 'lost' where id = $1", [.text(ids[1])])
      }
      try await makeDue(orders)
      try await eventually {
        try await number("select count(*) as n from orders where state = 'failed' and due_at is null", orders) == 2
      }
      try await eventually {
        try await number("select count(*) as n from orders where due_at > now() + interval '30 s'", orders) == 1
      }
      #expect(orders.bus.metrics.render().contains("energy_order_due_failures_total 1"))
    }
  }

  @Test("orders under way are counted by state, with those on which tx-svc owes an answer")
  func figures() async throws {
    try await RunningOrders.run { orders in
      let ids = try await place(3, orders)
      try await orders.pool.withSession {
        _ = try $0.execute(
          "update orders set state = 'ending', incidents = 1, due_at = now() + interval '1 h' where id = $1",
          [.text(ids[0])])
        _ = try $0.execute("update orders set state = 'failed', due_at = null where id = $1", [.text(ids[1])])
      }
      let figures = try await orders.pool.withSession { try OrderReads.figures($0) }
      #expect(figures.open.map(\.state) == ["ending", "placed"] && figures.open.map(\.count) == [1, 1])
      #expect(figures.overdue == 1)
    }
  }
}
