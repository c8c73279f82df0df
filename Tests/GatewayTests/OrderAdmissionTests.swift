import BusKit
import Contracts
import TestKit
import Testing

@testable import Gateway

@Suite(.serialized) struct OrderAdmissionTests {
  /// Places orders at once; what came of them, in the order of the answers.
  private func burst(_ count: Int, _ name: String, _ world: RunningGateway) async throws -> [RunningGateway.Answer] {
    try await withThrowingTaskGroup(of: RunningGateway.Answer.self) { group in
      for number in 0..<count { group.addTask { try await world.place("\(name)-\(number)") } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test func `What is beyond the limit is refused at once, and all is as before when order-svc answers again`()
    async throws
  {
    try await RunningGateway.run { limits in
      limits.orderWait = .seconds(6)
      limits.orders = .init(start: 8, minimum: 2, maximum: 8, goal: .seconds(5))
    } body: { world in
      #expect(try await world.place("known").status == 201)
      world.orders.set { $0.outcome = nil }
      let answers = try await burst(30, "silent", world)
      #expect(answers.prefix(22).allSatisfy { $0.status == 503 }, "\(answers.map(\.status))")
      #expect(answers.suffix(8).allSatisfy { $0.status == 202 })
      #expect(answers.prefix(22).allSatisfy { (1...23).contains($0.header("Retry-After").flatMap { Int($0) } ?? 0) })
      #expect(try await world.count("rest_orders") == 9)
      #expect(try await world.metric("energy_gateway_orders_limit") == 4)
      #expect(try await world.metric("energy_gateway_refused_total{reason=\"orders\"}") == 22)
      world.orders.set { $0.outcome = .funded }
      var round = 0
      try await eventually(within: .seconds(30), "as many as before are served at once") {
        round += 1
        let again = try await burst(8, "later-\(round)", world)
        let limit = try await world.metric("energy_gateway_orders_limit")
        return limit == 8 && again.allSatisfy { $0.status == 201 }
      }
      #expect(try await world.metric("energy_gateway_orders_in_work") == 0)
      // Every order that was accepted, and none that was refused.
      #expect(try await world.count("rest_orders") == Int64(world.orders.placed))
    }
  }

  @Test func `A known order is answered for while new ones are refused`() async throws {
    try await RunningGateway.run { limits in
      limits.orderWait = .seconds(4)
      limits.orders = .init(start: 1, minimum: 1, maximum: 1, goal: .seconds(5))
    } body: { world in
      #expect(try await world.place("known").status == 201)
      world.orders.set { $0.outcome = nil }
      async let held = world.place("held")
      try await eventually("an order is in work") { try await world.count("rest_orders") == 2 }
      #expect(try await world.place("refused").status == 503)
      let again = try await world.place("known")
      #expect(again.status == 201)
      #expect(again.header("Idempotent-Replayed") == "true")
      #expect(try await held.status == 202)
    }
  }

  @Test func `Requests beyond the places are refused; health and metrics are not`() async throws {
    try await RunningGateway.run { limits in
      limits.orderWait = .seconds(5)
      limits.inWorkMax = 3
      limits.clientShare = 1
    } body: { world in
      world.orders.set { $0.outcome = nil }
      async let held = burst(3, "held", world)
      try await eventually("all places are taken") {
        try await world.metric("energy_gateway_requests_in_work") == 3
      }
      let refused = try await world.call("GET", "/v1/balance", key: nil)
      #expect(refused.status == 503)
      #expect(refused.json["code"] == "unavailable")
      #expect(refused.header("Retry-After") != nil)
      #expect(try await world.call("GET", "/readyz", key: nil).status == 200)
      #expect(try await held.map(\.status) == [202, 202, 202])
      #expect(try await world.call("GET", "/v1/balance").status == 200)
    }
  }

  @Test func `While deliveries are late new orders wait outside, but for one a second`() async throws {
    try await RunningGateway.run { limits in
      limits.deliveries = .init(goal: .seconds(1), minimum: 6, maximum: 100)
    } body: { world in
      let first = try await burst(8, "first", world)
      #expect(first.allSatisfy { $0.status == 201 })
      var round = 0
      try await eventually(within: .seconds(30), "orders are held back") {
        round += 1
        _ = try await burst(3, "late-\(round)", world)
        return try await world.metric("energy_gateway_refused_total{reason=\"undelivered\"}") > 0
      }
      try await eventually(within: .seconds(30), "a probe is let through") {
        try await world.place("probe").status == 201
      }
      try await eventually(within: .seconds(30), "after the deliveries everybody is served") {
        for order in world.orders.all where order.state == .funded {
          var delivered = order
          delivered.state = .delivered
          try await world.client.send(OrderChanged(order: delivered, previous: .delegating, seq: 9))
        }
        round += 1
        return try await burst(6, "after-\(round)", world).allSatisfy { $0.status == 201 }
      }
    }
  }

  @Test func `Orders that are about to be placed take up the room of the next ones`() async throws {
    try await RunningGateway.run { limits in
      limits.orderWait = .seconds(6)
      limits.deliveries = .init(goal: .seconds(1), minimum: 6, maximum: 100)
    } body: { world in
      #expect(try await burst(8, "late", world).allSatisfy { $0.status == 201 })
      // All of them are late then, and too old to take up room themselves.
      try await Task.sleep(for: .milliseconds(2500))
      #expect(try await world.place("probe").status == 201)
      world.orders.set { $0.outcome = nil }
      async let silent = burst(10, "silent", world)
      // They are counted anew before the next ones come.
      try await Task.sleep(for: OrderAdmission.recount * 2)
      #expect(try await burst(10, "next", world).map(\.status) == Array(repeating: 503, count: 10))
      #expect(try await silent.count { $0.status == 202 } <= 6)
    }
  }

  @Test func `Limits that contradict each other are a mistake in the configuration`() {
    var limits = RestLimits()
    var reader = EnvironmentReader(["ENERGY_ORDERS_IN_WORK_MIN": "9", "ENERGY_ORDERS_IN_WORK_MAX": "4"])
    GatewaySettings.readAdmission(&limits, &reader)
    #expect(reader.mistakes.count == 1)
    #expect(reader.mistakes.first?.contains("ENERGY_ORDERS_IN_WORK_MIN is 9") == true)
  }
}
