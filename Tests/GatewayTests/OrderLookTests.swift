import Contracts
import Foundation
import TestKit
import Testing

@testable import Gateway

@Suite(.serialized) struct OrderLookTests {
  @Test func `What has just been heard of an order is shown as it is, without a question`() async throws {
    try await RunningGateway.run { world in
      let placed = try await world.place("new")
      try await world.untilHeard()
      let read = try await world.look(placed)
      #expect(read.status == 200)
      #expect(read.json == placed.json)
      #expect(world.orders.ordersAsked == 0)
    }
  }

  @Test func `What was heard long ago is asked for; an end is not`() async throws {
    try await RunningGateway.run { world in
      let placed = try await world.place("old")
      try await world.untilHeard()
      try await world.setHeard("updatedAt", "2026-01-01T00:00:00Z")
      #expect(try await world.look(placed).status == 200)
      #expect(world.orders.ordersAsked == 1)
      try await world.setHeard("state", "completed")
      #expect(try await world.look(placed).json["status"] == "completed")
      #expect(world.orders.ordersAsked == 1)
    }
  }

  @Test func `After order-svc has told of a newer state no older one is shown`() async throws {
    try await RunningGateway.run { world in
      let placed = try await world.place("newer")
      try await world.untilHeard()
      let heard = try await world.heardAt()
      try await world.setHeard("updatedAt", "2026-01-01T00:00:00Z")
      world.orders.set { state in
        for id in state.orders.keys {
          state.orders[id]?.state = .delivered
          state.orders[id]?.seq = 3
          state.orders[id]?.updatedAt = Date().addingTimeInterval(60)
        }
      }
      #expect(try await world.look(placed).json["status"] == "active")
      try await world.setHeard("updatedAt", heard)
      #expect(try await world.look(placed).json["status"] == "active")
      #expect(world.orders.ordersAsked == 2)
      // Nor when it does not answer any more.
      world.orders.set { $0.isAway = true }
      #expect(try await world.look(placed).json["status"] == "active")
      #expect(world.orders.ordersAsked == 3)
    }
  }

  @Test func `While order-svc is away nothing older is shown than a row has shown before`() async throws {
    try await RunningGateway.run { world in
      let placed = try await world.place("shown")
      try await world.untilHeard()
      try await world.setHeard("state", "completed")
      #expect(try await world.look(placed).json["status"] == "completed")
      // As it looks to a process that cannot read what it has shown.
      try await world.setHeard("state", "delivered", seq: 1)
      try await world.setHeard("updatedAt", "2026-01-01T00:00:00Z", seq: 1)
      world.orders.set { $0.isAway = true }
      #expect(try await world.look(placed).json["status"] == "completed")
      #expect(world.orders.ordersAsked == 1)
    }
  }

  @Test func `Of two changes at one time the later one stays shown`() async throws {
    try await RunningGateway.run { world in
      let placed = try await world.place("tie")
      try await world.untilHeard()
      let heard = try await world.heardAt()
      try await world.setHeard("updatedAt", "2026-01-01T00:00:00Z")
      world.orders.move(to: .delivered, seq: 3)
      #expect(try await world.look(placed).json["status"] == "active")
      try await world.setHeard("updatedAt", heard)
      #expect(try await world.look(placed).json["status"] == "active")
      #expect(world.orders.ordersAsked == 2)
    }
  }

  @Test func `An older answer that comes after a newer one is not shown`() async throws {
    try await RunningGateway.run { world in
      let placed = try await world.place("slow")
      try await world.untilHeard()
      try await world.setHeard("updatedAt", "2026-01-01T00:00:00Z")
      world.orders.move(to: .delivered, seq: 3)
      #expect(try await world.look(placed).json["status"] == "active")
      world.orders.move(to: .funded, seq: 2)
      #expect(try await world.look(placed).json["status"] == "active")
      let list = try await world.call("GET", "/v1/orders")
      #expect(list.json["data"]?.array?.first?["status"] == "active")
      let again = try await world.place("slow")
      #expect(again.json["status"] == "active")
      #expect(world.orders.ordersAsked == 3)
    }
  }

  @Test func `A look does not go back behind what a list has shown`() async throws {
    try await RunningGateway.run { world in
      let placed = try await world.place("listed")
      try await world.untilHeard()
      world.orders.move(to: .delivered, seq: 3)
      let list = try await world.call("GET", "/v1/orders")
      #expect(list.json["data"]?.array?.first?["status"] == "active")
      #expect(try await world.look(placed).json["status"] == "active")
      #expect(world.orders.ordersAsked == 1)
    }
  }

  @Test func `A look does not go back behind what a repeated order has shown`() async throws {
    try await RunningGateway.run { world in
      let placed = try await world.place("repeated")
      try await world.untilHeard()
      world.orders.move(to: .delivered, seq: 3)
      let again = try await world.place("repeated")
      #expect(again.json["status"] == "active")
      #expect(try await world.look(placed).json["status"] == "active")
      #expect(world.orders.ordersAsked == 2)
    }
  }

  @Test func `A look does not go back behind what an order was placed with, though order-svc is away`() async throws {
    try await RunningGateway.run { world in
      world.orders.set { $0.outcome = .delivered }
      let placed = try await world.place("first")
      #expect(placed.json["status"] == "active")
      try await world.untilHeard()
      try await world.setHeard("state", "funded", seq: 1)
      world.orders.set { $0.isAway = true }
      #expect(try await world.look(placed).json["status"] == "active")
      #expect(world.orders.ordersAsked == 1)
    }
  }

  @Test func `While order-svc is away the last that was heard is shown, and what nobody spoke of is not invented`()
    async throws
  {
    try await RunningGateway.run { world in
      let placed = try await world.place("away")
      try await world.untilHeard()
      try await world.setHeard("updatedAt", "2026-01-01T00:00:00Z")
      world.orders.set {
        $0.isAway = true
        $0.outcome = nil
      }
      #expect(try await world.look(placed).json == placed.json)
      #expect(world.orders.ordersAsked == 1)
      let silent = try await world.place("silent")
      #expect(silent.status == 202)
      #expect(try await world.look(silent).status == 503)
    }
  }

  @Test func `A receiver that was found fit is asked for once, another one each time`() async throws {
    try await RunningGateway.run { world in
      world.orders.set { $0.isActivated = false }
      for key in ["unfit-1", "unfit-2"] {
        let refused = try await world.place(key)
        #expect(refused.status == 422)
      }
      #expect(world.orders.receiversAsked == 2)
      world.orders.set { $0.isActivated = true }
      for key in ["fit-1", "fit-2", "fit-3"] {
        let placed = try await world.place(key)
        #expect(placed.status == 201)
      }
      #expect(world.orders.receiversAsked == 3)
    }
  }

  @Test func `No index of the orders names what every event changes`() async throws {
    try await RunningGateway.run { world in
      let indexes = try await world.bus.read { session in
        try session.execute("select indexdef from pg_indexes where tablename = 'rest_orders'").rows
          .map { try $0.string("indexdef") }
      }
      #expect(indexes.count == 6)
      #expect(!indexes.contains { $0.contains("last_seq") || $0.contains("snapshot") })
    }
  }
}

extension RunningGateway {
  func look(_ placed: Answer) async throws -> Answer {
    try await call("GET", try #require(placed.header("Location")))
  }

  /// Until the gateway's own row knows what became of the only order.
  func untilHeard() async throws {
    try await eventually("the order's event has arrived") {
      try await count("rest_orders where snapshot is not null") == 1
    }
  }

  func heardAt() async throws -> String {
    try await bus.read { session in
      try session.execute("select snapshot->>'updatedAt' as at from rest_orders").rows.first?.string("at") ?? ""
    }
  }

  /// - Parameter seq: of the last event; 2 is that of the order's first word.
  func setHeard(_ field: String, _ value: String, seq: Int = 2) async throws {
    try await bus.read { session in
      _ = try session.execute(
        "update rest_orders set snapshot = jsonb_set(snapshot, array[$1], to_jsonb($2::text)), last_seq = $3",
        [.text(field), .text(value), .int(seq)])
    }
  }
}
