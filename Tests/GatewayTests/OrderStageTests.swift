import Postgres
import TestKit
import Testing

@testable import Gateway

@Suite struct OrderStageTests {
  private static let before = GatewayMigrations.all.filter { $0.version < 5 }

  /// An order as the release before writes it, which does not know its stage.
  private static func insert(_ id: String, seq: Int, _ state: String?) -> String {
    let snapshot = state.map { "'{\"state\": \"\($0)\"}'" } ?? "null"
    return """
      insert into rest_orders (id, client, customer, order_id, request_hash, receiver, energy, duration_seconds,
        created_at, last_seq, snapshot)
      values ('\(id)', 'c', 'cus_1', 'ord_\(id)', 'h', '\(Samples.receiver)', 1, 1, now(), \(seq), \(snapshot))
      """
  }

  private func run(_ body: (PostgresPool) async throws -> Void) async throws {
    let conninfo = try await PostgresServer.shared().createDatabase()
    let pool = PostgresPool(
      configuration: PostgresConfiguration(conninfo: conninfo, applicationName: "test", searchPath: "gateway"), size: 1)
    do {
      try await migrate(pool, Self.before)
      try await body(pool)
    } catch {
      await pool.close()
      throw error
    }
    await pool.close()
  }

  private func migrate(_ pool: PostgresPool, _ migrations: [Migration]) async throws {
    try await Migrator.run(pool, schema: "gateway", component: "service", migrations: migrations)
  }

  private func texts(_ sql: String, _ pool: PostgresPool) async throws -> [String] {
    try await pool.withSession { try $0.execute(sql).rows.map { try $0.string("text") } }
  }

  private static let stages = "select id || ' ' || stage as text from rest_orders order by id"

  @Test func `Orders of the release before get their stage without one that has ended being written`() async throws {
    try await run { pool in
      let orders = [
        Self.insert("a", seq: 0, nil), Self.insert("b", seq: 2, "funded"), Self.insert("c", seq: 3, "delegating"),
        Self.insert("d", seq: 7, "completed"),
      ]
      try await pool.withSession { try $0.script(orders.joined(separator: ";")) }
      let places = """
        select pg_relation_filenode('rest_orders') || ' ' || ctid as text from rest_orders where id = 'd'
        """
      let place = try await texts(places, pool)
      try await migrate(pool, GatewayMigrations.all)
      #expect(try await texts(Self.stages, pool) == ["a 0", "b 1", "c 1", "d 2"])
      #expect(try await texts(places, pool) == place)
    }
  }

  @Test func `The release before that goes on beside this one keeps the stages right`() async throws {
    try await run { pool in
      try await migrate(pool, GatewayMigrations.all)
      try await pool.withSession { try $0.script(Self.insert("a", seq: 0, nil)) }
      #expect(try await texts(Self.stages, pool) == ["a 0"])
      // Taken back by the chain after its delivery, an order holds nobody back.
      let life = [
        ("placed", 2), ("funded", 1), ("delegating", 1), ("delivered", 2), ("delegating", 2), ("delegating", 2),
        ("delivered", 2), ("active", 2),
      ]
      for (state, stage) in life {
        let event = "update rest_orders set last_seq = last_seq + 1, snapshot = '{\"state\": \"\(state)\"}'"
        try await pool.withSession { try $0.script(event) }
        #expect(try await texts(Self.stages, pool) == ["a \(stage)"], "\(state)")
      }
    }
  }

  @Test func `Indexes that an operator made beforehand are taken as they are`() async throws {
    try await run { pool in
      try await pool.withSession {
        try $0.script(
          """
          alter table rest_orders add column if not exists stage smallint not null default 2;
          create index rest_orders_silent on rest_orders (created_at) where stage = 0;
          create index rest_orders_on_their_way on rest_orders (created_at) where stage = 1;
          create index rest_orders_age on rest_orders (created_at);
          alter table rest_orders add column if not exists delivered_at timestamptz;
          create index rest_orders_delivered on rest_orders (delivered_at) where delivered_at is not null;
          """)
        try $0.script(Self.insert("a", seq: 0, nil))
      }
      let indexes = """
        select indexrelid::regclass::text || ' ' || pg_relation_filenode(indexrelid) as text from pg_index
        where indrelid = 'rest_orders'::regclass order by 1
        """
      let made = try await texts(indexes, pool).filter { !$0.contains("_unanswered") && !$0.contains("_undelivered") }
      try await migrate(pool, GatewayMigrations.all)
      #expect(try await texts(indexes, pool) == made)
      #expect(try await texts(Self.stages, pool) == ["a 0"])
    }
  }
}
