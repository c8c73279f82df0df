import Contracts
import Postgres
import TestKit
import Testing
import TronKit

@testable import Gateway

/// Orders whose connection to Postgres is lost exactly while their commit is on its way.
@Suite(.serialized) struct OrderRecordingTests {
  @Test func `A commit that was cut off before it took effect is run again, and the order is placed once`()
    async throws
  {
    try await RunningGateway.run { world in
      try await world.atTheFirstCommit("perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(5)")
      let answer = try await world.place("cut")
      #expect(answer.status == 201)
      #expect(answer.header("Idempotent-Replayed") == nil)
      #expect(world.orders.placed == 1)
      let path = try #require(answer.header("Location"))
      #expect(try await world.call("GET", path).status == 200)
      #expect(try await world.commits() == 2)
    }
  }

  @Test func `A commit whose answer was lost is found, and the order is placed once`() async throws {
    try await Self.withSlowCommits { postgres in
      try await RunningGateway.run(on: postgres) { world in
        try await world.atTheFirstCommit(Self.waitsForAStandby)
        async let placing = world.place("lost")
        try await Self.endWaitingCommit(postgres)
        let answer = try await placing
        // The command leaves with the next sweep, so there may be no word of the order yet.
        #expect([201, 202].contains(answer.status))
        let path = try #require(answer.header("Location"))
        try await eventually(within: .seconds(30), "the order is taken up") {
          try await world.call("GET", path).json["status"] == "processing"
        }
        #expect(world.orders.placed == 1)
        #expect(try await world.count("rest_orders") == 1)
        #expect(try await world.commits() == 1)
      }
    }
  }

  @Test func `An outcome that stays unknown is said to be so, and the same key finds the order`() async throws {
    try await Self.withSlowCommits { postgres in
      try await RunningGateway.run(on: postgres, { $0.recordWait = .seconds(1) }) { world in
        try await world.atTheFirstCommit(Self.waitsForAStandby)
        let answer = try await world.place("silent")
        #expect(answer.status == 503)
        #expect(answer.json["code"] == "outcome_unknown")
        #expect(answer.header("Retry-After") != nil)
        #expect(answer.json["detail"]?.string?.contains("nothing was ordered") == false)
        #expect(try await world.metric("energy_gateway_outcome_unknown_total") == 1)
        try await Self.endWaitingCommit(postgres)
        try await eventually("the order is there") { try await world.count("rest_orders") == 1 }
        let again = try await world.place("silent")
        #expect([201, 202].contains(again.status))
        #expect(again.header("Idempotent-Replayed") == "true")
        try await eventually(within: .seconds(30), "the order is taken up") {
          try await world.place("silent").status == 201
        }
        #expect(world.orders.placed == 1)
        #expect(try await world.count("rest_orders") == 1)
      }
    }
  }

  @Test func `While Postgres stays away after a lost commit nobody is told of an order or of none`() async throws {
    try await Self.withSlowCommits { postgres in
      try await RunningGateway.run(on: postgres, { $0.recordWait = .seconds(3) }) { world in
        try await world.atTheFirstCommit(Self.waitsForAStandby)
        async let placing = world.place("gone")
        try await Self.untilCommitWaits(postgres)
        try await postgres.stopImmediately()
        let answer = try await placing
        #expect(answer.status == 503)
        #expect(answer.json["code"] == "outcome_unknown")
        let meanwhile = try await world.place("gone")
        #expect(meanwhile.status == 503)
        #expect(meanwhile.json["detail"]?.string?.contains("nothing was ordered") == false)
        try await postgres.restart()
        try await eventually(within: .seconds(30), "the key has its order") {
          try await world.place("gone").status == 201
        }
        #expect(try await world.count("rest_orders") == 1)
        // A handler may run again when Postgres ends; an order of its own it must not be.
        #expect(world.orders.all.count == 1)
      }
    }
  }

  @Test func `What could not begin in time is known to have ordered nothing`() async throws {
    try await RunningGateway.run { world in
      let holds = (0..<3).map { _ in
        Task { try await world.bus.read { _ = try $0.execute("select pg_sleep(3), 'all taken'") } }
      }
      try await eventually("all connections are taken") {
        try await PostgresServer.shared().administer(
          "select 1 from pg_stat_activity where state = 'active' and query like 'select pg_sleep%all taken%'"
        ).rows.count == 3
      }
      var limits = RestLimits()
      limits.recordWait = .milliseconds(500)
      let row = RestOrderRow(
        id: "late", client: "cli_demo", customer: RunningGateway.customer, orderId: OrderID.make().text,
        requestHash: "x", receiver: try TronAddress(parsing: Samples.receiver), energy: Energy(65_000),
        durationSeconds: 3600, createdAt: Samples.now)
      let problem = await #expect(throws: Problem.self) {
        try await OrderRecording(bus: world.bus, limits: limits).record(row, priceMax: nil, arrived: .now)
      }
      #expect(problem?.code == "unavailable")
      for hold in holds { try await hold.value }
      #expect(try await world.place("next").status == 201)
      #expect(try await world.count("rest_orders") == 1)
    }
  }

  // MARK: -

  /// Postgres flushes the commit and then waits for a standby that does not exist: done, and nobody is told.
  private static let waitsForAStandby = "perform set_config('synchronous_commit', 'on', true)"

  private static func withSlowCommits(_ body: (PostgresServer) async throws -> Void) async throws {
    let postgres = try await PostgresServer.start(settings: ["synchronous_standby_names=nobody"])
    try await body(postgres)
    try await postgres.stop()
  }

  private static func untilCommitWaits(_ postgres: PostgresServer) async throws {
    try await eventually("a commit waits") {
      try await postgres.administer("select 1 from pg_stat_activity where wait_event = 'SyncRep'").rows.count == 1
    }
  }

  private static func endWaitingCommit(_ postgres: PostgresServer) async throws {
    try await untilCommitWaits(postgres)
    _ = try await postgres.administer(
      "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'")
  }
}

extension RunningGateway {
  /// Has Postgres do something within the first commit of an order, after everything else of its transaction.
  func atTheFirstCommit(_ action: String) async throws {
    let statements = [
      "create sequence order_commits",
      """
      create function at_commit() returns trigger language plpgsql as $$
      begin
        if nextval('gateway.order_commits') = 1 then \(action); end if;
        return null;
      end $$
      """,
      """
      create constraint trigger at_commit after insert on rest_orders deferrable initially deferred
        for each row execute function at_commit()
      """,
    ]
    try await bus.read { session in for statement in statements { _ = try session.execute(statement) } }
  }

  /// How many transactions with an order of their own came as far as their commit.
  func commits() async throws -> Int64 {
    try await bus.read { try $0.execute("select last_value as n from order_commits").rows.first?.int("n") ?? 0 }
  }
}
