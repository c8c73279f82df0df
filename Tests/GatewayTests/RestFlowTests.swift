import TestKit
import Testing

@testable import Gateway

@Suite(.serialized) struct RestFlowTests {
  @Test func `An order is placed once, and its key replays it`() async throws {
    try await RunningGateway.run { world in
      let first = try await world.place("k-1")
      #expect(first.status == 201)
      let id = try #require(first.json["id"]?.string)
      #expect(first.header("Location") == "/v1/orders/\(id)")
      #expect(first.json["status"] == "processing")
      let again = try await world.place("\"k-1\"")
      #expect(again.status == 201)
      #expect(again.json["id"]?.string == id)
      #expect(again.header("Idempotent-Replayed") == "true")
      #expect(world.orders.placed == 1)
      let other = try await world.place("k-1", body: RunningGateway.order.replacing("65000", with: "65001"))
      #expect(other.status == 422)
      #expect(other.json["code"] == "idempotency_key_reused")
      let read = try await world.call("GET", "/v1/orders/\(id)")
      #expect(read.status == 200)
      #expect(read.json["receiver"]?.string == Samples.receiver)
    }
  }

  @Test func `Twenty requests with one key at once are one order`() async throws {
    try await RunningGateway.run { world in
      let ids = try await withThrowingTaskGroup(of: String?.self) { group in
        for _ in 0..<20 { group.addTask { try await world.place("same").json["id"]?.string } }
        return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
      }
      #expect(ids.count == 1)
      #expect(world.orders.placed == 1)
    }
  }

  @Test func `A rejected order is a problem, and stays one when repeated`() async throws {
    try await RunningGateway.run { world in
      world.orders.set {
        $0.outcome = .rejected
        $0.failure = .insufficientBalance
      }
      for _ in 0..<2 {
        let answer = try await world.place("k-2")
        #expect(answer.status == 402)
        #expect(answer.json["code"] == "insufficient_balance")
        #expect(answer.header("Content-Type") == "application/problem+json")
        #expect(answer.json["order_id"]?.string?.hasPrefix("ord_") == true)
      }
      #expect(world.orders.placed == 1)
    }
  }

  @Test func `Without a word from order-svc the order is pending, and can be read`() async throws {
    try await RunningGateway.run { world in
      world.orders.set { $0.outcome = nil }
      let answer = try await world.place("k-3")
      #expect(answer.status == 202)
      #expect(answer.json["status"] == "pending")
      let path = try #require(answer.header("Location"))
      let read = try await world.call("GET", path)
      #expect(read.status == 200)
      #expect(read.json["status"] == "pending")
      let cancelled = try await world.call("POST", path + "/cancel")
      #expect(cancelled.status == 409)
      #expect(cancelled.json["code"] == "too_late")
    }
  }

  @Test func `An order that is on its way to order-svc is not "not found" when it is cancelled`() async throws {
    try await RunningGateway.run { world in
      world.orders.set {
        $0.outcome = nil
        $0.cancelAnswer = "not_found"
      }
      let path = try #require(try await world.place("k-5").header("Location"))
      let cancelled = try await world.call("POST", path + "/cancel")
      #expect(cancelled.status == 503)
      #expect(cancelled.header("Retry-After") != nil)
      let unknown = "/v1/orders/ord_" + String(repeating: "0", count: 32)
      #expect(try await world.call("POST", unknown + "/cancel").status == 404)
      // Without a word on the command the order is asked for.
      world.orders.set { $0.cancelAnswer = nil }
      #expect(try await world.call("POST", unknown + "/cancel").status == 404)
      #expect(try await world.call("POST", path + "/cancel").status == 202)
    }
  }

  @Test func `A page that begins after an unknown order is the caller's mistake`() async throws {
    try await RunningGateway.run { world in
      let id = try #require(try await world.place("k-6").json["id"]?.string)
      #expect(try await world.call("GET", "/v1/orders?starting_after=\(id)").status == 200)
      let other = "ord_" + String(repeating: "0", count: 32)
      let answer = try await world.call("GET", "/v1/orders?starting_after=\(other)")
      #expect(answer.status == 422)
      #expect(answer.json["errors"]?.array?.first?["pointer"] == "?starting_after")
    }
  }

  @Test func `An order nobody ever speaks of makes room after an hour`() async throws {
    try await RunningGateway.run { world in
      world.orders.set { $0.outcome = nil }
      _ = try await world.place("k-7")
      _ = try await world.place("k-8")
      let reads = RestOrderReads(bus: world.bus)
      func waiting(upTo limit: Int) async throws -> RestOrderReads.Waiting {
        try await reads.waiting(unansweredMax: limit, gate: DeliveryGate(), holdsBack: false)
      }
      #expect(try await waiting(upTo: 10) == .init(unanswered: 2))
      #expect(try await waiting(upTo: 1).unanswered == 1)
      try await world.bus.read { session in
        _ = try session.execute("update rest_orders set created_at = now() - interval '61 minutes'")
      }
      #expect(try await waiting(upTo: 10).unanswered == 0)
    }
  }

  @Test func `What was delivered is counted only while orders are held back`() async throws {
    try await RunningGateway.run { world in
      func insert(_ name: String, _ count: Int, _ state: String, seconds: Int) async throws {
        try await world.insertOrders(name, count, state, seconds: seconds)
      }
      func counts(holdsBack: Bool = false) async throws -> DeliveryGate.Counts {
        try await RestOrderReads(bus: world.bus)
          .waiting(unansweredMax: 1, gate: DeliveryGate(), holdsBack: holdsBack).deliveries
      }
      try await insert("a", 3, "delegating", seconds: 1)
      try await insert("b", 4, "delivered", seconds: 1)
      try await insert("c", 2, "delivered", seconds: 1)
      try await world.bus.read { session in
        _ = try session.execute("update rest_orders set delivered_at = now() - interval '16 s' where id like 'c%'")
      }
      try await insert("g", 2, "delivered", seconds: 1)
      try await world.bus.read { session in
        _ = try session.execute("update rest_orders set delivered_at = now() - interval '8 s' where id like 'g%'")
      }
      try await insert("d", 1, "failed", seconds: 1)
      try await insert("e", 5, "delegating", seconds: 40)
      #expect(try await counts() == .init(undelivered: 8, late: 5, recent: 3))
      let few = try await counts(holdsBack: true)
      #expect(few == .init(undelivered: 8, late: 5, recent: 3, delivered: 6, deliveredLately: 4))
      try await insert("f", 1, "funded", seconds: 10)
      #expect(try await counts() == .init(undelivered: 9, late: 6, recent: 4, delivered: 6, deliveredLately: 4))
    }
  }

  @Test func `Of more deliveries than are counted the newest are`() async throws {
    try await RunningGateway.run { world in
      try await world.insertOrders("a", 9, "delivered", seconds: 20)
      try await world.bus.read { session in
        _ = try session.execute("update rest_orders set delivered_at = now() - interval '8 s'")
      }
      try await world.insertOrders("b", 3, "delivered", seconds: 1)
      let gate = DeliveryGate(DeliveryGate.Settings(maximum: 2))
      let counts = try await RestOrderReads(bus: world.bus)
        .waiting(unansweredMax: 1, gate: gate, holdsBack: true).deliveries
      #expect(counts == .init(delivered: 4, deliveredLately: 3))
    }
  }

  @Test func `An old answer about the receiver refuses nobody`() async throws {
    try await RunningGateway.run { world in
      world.orders.set {
        $0.isActivated = false
        $0.isStale = true
      }
      let answer = try await world.place("k-9")
      #expect(answer.status == 201)
    }
  }

  @Test func `A receiver that cannot take energy is refused before anything is stored`() async throws {
    try await RunningGateway.run { world in
      world.orders.set { $0.isContract = true }
      #expect(try await world.place("k-4").json["code"] == "receiver_is_contract")
      world.orders.set {
        $0.isContract = false
        $0.isActivated = false
      }
      let answer = try await world.place("k-4")
      #expect(answer.status == 422)
      #expect(answer.json["code"] == "receiver_not_activated")
      #expect(try await world.count("rest_orders") == 0)
    }
  }

  @Test func `What is wrong at the door is a problem with the right status`() async throws {
    try await RunningGateway.run { world in
      let noKey = try await world.call("GET", "/v1/balance", key: nil)
      #expect(noKey.status == 401)
      #expect(noKey.header("WWW-Authenticate") != nil)
      #expect(try await world.call("GET", "/v1/balance", key: "Bearer ek_cli_demo_wrong").status == 401)
      #expect(try await world.call("GET", "/v1/nothing").json["code"] == "not_found")
      #expect(try await world.call("GET", "/elsewhere").status == 404)
      let method = try await world.call("DELETE", "/v1/orders")
      #expect(method.status == 405)
      #expect(method.header("Allow") == "GET, POST")
      let order = RunningGateway.order
      #expect(try await world.call("POST", "/v1/orders", body: order).json["code"] == "idempotency_key_missing")
      #expect(try await world.place("k", body: "{").status == 400)
      #expect(try await world.place("k", body: String(repeating: " ", count: 16 * 1024 + 1)).status == 413)
      let text = try await world.call("POST", "/v1/orders", idempotency: "k", body: order, contentType: "text/plain")
      #expect(text.status == 415)
      #expect(try await world.call("GET", "/v1/orders/ord_1").status == 404)
      let balance = try await world.call("GET", "/v1/balance")
      #expect(balance.status == 200)
      #expect(balance.json["available_sun"] == 12_500_000)
      #expect(balance.header("Request-Id") != nil)
    }
  }
}

extension RunningGateway {
  /// Orders that were placed so long ago, as their last event has left them.
  func insertOrders(_ name: String, _ count: Int, _ state: String, seconds: Int) async throws {
    try await bus.read { session in
      _ = try session.execute(
        """
        insert into rest_orders (id, client, customer, order_id, request_hash, receiver, energy, duration_seconds,
          created_at, last_seq, snapshot)
        select $1 || n, 'c', 'cus_1', $1 || n, 'h', $2, 1, 1, now() - $3 * interval '1 second', 1,
          jsonb_build_object('state', $4::text)
        from generate_series(1, $5) as n
        """, [.text(name), .text(Samples.receiver), .int(seconds), .text(state), .int(count)])
    }
  }
}
