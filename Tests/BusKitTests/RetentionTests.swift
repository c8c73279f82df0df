import Postgres
import TestKit
import Testing

@testable import BusKit

/// What is kept long enough goes: the oldest first, in steps, and by one replica at a time.
struct RetentionTests {
  private static let loans = Retention(
    of: "loans", for: .seconds(86_400), since: "ended_at", where: "is_ended or is_void", batchMax: 3)

  private static let migration = Migration(
    version: 1, name: "loans",
    sql: """
      create table loans (
        id text primary key, is_ended bool not null, is_void bool not null default false,
        ended_at timestamptz not null);
      create index loans_ended on loans (ended_at) where is_ended or is_void
      """)

  /// Loans that ended so many hours ago, named after that.
  private static func add(_ hours: [Int], isEnded: Bool = true, to session: PostgresSession) throws {
    for hour in hours {
      try session.enqueue(
        "insert into loans values ($1, $2, false, now() - make_interval(hours => $3))",
        [.text("\(hour)"), .bool(isEnded), .int(hour)])
    }
    try session.flush()
  }

  private func run(_ body: (StoreWorld) async throws -> Void) async throws {
    try await StoreWorld.run { world in
      try await Migrator.run(world.pool, schema: "bus", component: "loans", migrations: [Self.migration])
      try await body(world)
    }
  }

  private func step(_ world: StoreWorld) async throws -> Int {
    try await world.pool.withSession { try Self.loans.step(in: $0) }
  }

  private func left(_ world: StoreWorld) async throws -> [String] {
    try await world.texts("select id as t from loans order by ended_at")
  }

  @Test func `The oldest go first, a step's worth at a time`() async throws {
    try await run { world in
      try await world.pool.withSession { try Self.add([25, 23, 26, 30, 28, 1], to: $0) }
      #expect(try await step(world) == 3)
      #expect(try await left(world) == ["25", "23", "1"])
      #expect(try await step(world) == 1)
      #expect(try await step(world) == 0)
      #expect(try await left(world) == ["23", "1"])
    }
  }

  @Test func `What the condition leaves out stays, however old it is`() async throws {
    try await run { world in
      try await world.pool.withSession { session in
        try Self.add([9_000, 8_000], isEnded: false, to: session)
        try Self.add([25], to: session)
        _ = try session.execute("update loans set is_void = true where id = '8000'")
      }
      #expect(try await step(world) == 2)
      #expect(try await left(world) == ["9000"])
    }
  }

  @Test func `A row that somebody holds is passed over`() async throws {
    try await run { world in
      try await world.pool.withSession { try Self.add([30, 26], to: $0) }
      let holder = try await OpenTransaction(
        on: StoreWorld.pool(world.conninfo, size: 1), "select 1 from loans where id = '30' for update")
      #expect(try await step(world) == 1)
      #expect(try await left(world) == ["30"])
      try await holder.end()
      #expect(try await step(world) == 1)
    }
  }

  @Test func `While one replica is at it, another does nothing`() async throws {
    try await run { world in
      try await world.pool.withSession { try Self.add([30, 26], to: $0) }
      let replica = try await OpenTransaction(
        on: StoreWorld.pool(world.conninfo, size: 1), "select \(Self.loans.turn)")
      #expect(try await step(world) == 0)
      // The turns of other tables are others'.
      let isFree = try await world.pool.transaction { session in
        let other = Retention(of: "notes", for: .seconds(1), since: "at")
        return try session.execute("select \(other.turn) as is_mine").rows.first?.bool("is_mine")
      }
      #expect(isFree == true)
      try await replica.end()
      #expect(try await step(world) == 2)
    }
  }

  @Test func `A step walks the index of its condition`() async throws {
    try await run { world in
      let plan = try await world.pool.withSession { session in
        _ = try session.execute("set enable_seqscan = off")
        return try session.execute("explain \(Self.loans.sql)").rows.map { try $0.string("QUERY PLAN") }
      }
      #expect(plan.contains { $0.contains("Index Scan using loans_ended") }, "\(plan.joined(separator: "\n"))")
    }
  }

  @Test func `A service goes on until no full step is left, and counts`() async throws {
    try await World.run { world in
      let pool = PostgresPool(
        configuration: PostgresConfiguration(conninfo: world.conninfo, applicationName: "test", searchPath: "loans"),
        size: 1)
      try await Migrator.run(pool, schema: "loans", component: "loans", migrations: [Self.migration])
      try await pool.withSession { try Self.add([25, 26, 27, 28, 29, 23], to: $0) }
      var service = Service(name: "loans", schema: "loans", migrations: [Self.migration])
      service.keeps(Self.loans)
      let loans = try await world.start(service)
      let deleted = #"energy_bus_retention_deleted_total{table="loans"} 5"#
      try await eventually { loans.bus.metrics.render().contains(deleted) }
      let left = try await pool.withSession { try $0.execute("select id from loans").rows.map { try $0.string("id") } }
      #expect(left == ["23"])
      await pool.close()
    }
  }

  @Test func operatorsActionsOlderThanTheirTimeGoAndNoOthers() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      _ = try await counter.bus.read { session in
        for days in [1, 89, 91, 200] {
          _ = try session.execute(
            """
            insert into bus_actions select $1, 'c', 's', true, '', '', now() - make_interval(days => $2)
            """, [.text("\(days)"), .int(days)])
        }
      }
      try await Cleaner(core: counter.core).purgeActions()
      #expect(try await counter.number("select count(*) as n from bus_actions") == 2)
      #expect(try await counter.number("select count(*) as n from bus_actions where key in ('1', '89')") == 2)
    }
  }
}
