import Contracts
import TestKit
import Testing

@testable import Gateway

/// Orders that are refused once they are let in.
@Suite(.serialized) struct OrderRefusalTests {
  @Test func `Nobody is refused for good while the first request with the same key may still be recorded`()
    async throws
  {
    try await RunningGateway.run { world in
      world.orders.set { $0.isActivated = false }
      let id = try IdempotencyKey(header: "first").rowID(client: "cli_demo")
      let hash = try OrderRequest(body: Array(RunningGateway.order.utf8)).fingerprint
      let order = OrderID.make()
      let first = Task {
        try await world.bus.read { session in
          try session.transaction {
            _ = try session.execute(
              """
              insert into rest_orders (id, client, customer, order_id, request_hash, receiver, energy,
                duration_seconds, created_at, last_seq)
              values ($1, 'cli_demo', $2, $3, $4, $5, 65000, 3600, now(), 0)
              """,
              [
                .text(id), .text(RunningGateway.customer.text), .text(order.text), .text(hash),
                .text(Samples.receiver),
              ])
            _ = try session.execute("select pg_sleep(3), 'under way'")
          }
        }
      }
      try await eventually("the first request is being recorded") {
        try await PostgresServer.shared().administer(
          "select 1 from pg_stat_activity where state = 'active' and query like 'select pg_sleep%under way%'"
        ).rows.count == 1
      }
      let meanwhile = try await world.place("first")
      #expect(meanwhile.status == 503)
      #expect(meanwhile.json["code"] == "outcome_unknown")
      try await first.value
      let again = try await world.place("first")
      #expect([201, 202].contains(again.status))
      #expect(again.json["id"]?.string == order.text)
      // Who is alone with a key is refused as before, and nothing stays of the look.
      #expect(try await world.place("other").json["code"] == "receiver_not_activated")
      #expect(try await world.count("rest_orders") == 1)
    }
  }

  @Test func `Orders that were let in and are none take up no room`() async throws {
    try await RunningGateway.run { limits in
      limits.unansweredMax = 1
    } body: { world in
      world.orders.set { $0.isActivated = false }
      for number in 0..<20 {
        #expect(try await world.place("unfit-\(number)").status == 422)
      }
      world.orders.set { $0.isActivated = true }
      try await world.bus.read { session in
        try session.script(
          """
          create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
          create trigger refuse before insert on rest_orders for each row execute function refuse();
          """)
      }
      for number in 0..<20 {
        #expect(try await world.place("unrecorded-\(number)").json["code"] == "unavailable")
      }
      #expect(try await world.metric("energy_gateway_refused_total{reason=\"unanswered\"}") == 0)
    }
  }
}
