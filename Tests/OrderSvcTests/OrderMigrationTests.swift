import Postgres
import TestKit
import Testing

@testable import OrderSvc

@Suite("Orders of the release before")
struct OrderMigrationTests {
  /// As that release writes it, which knows of no time.
  private static func insert(_ id: String, _ state: String, ends: String = "null") -> String {
    """
    insert into orders (id, customer, origin, receiver, energy, duration_seconds, price, state, delegate_txs,
      reclaim_txs, created_at, ends_at, updated_at, seq, reply_to, withdrawal, hold, delivered, charged, cost,
      wallet_seq, tx_seq, deadline_seq, incidents)
    values ('\(id)', 'cus_1', 'rest', 'T', 1, 1, 1, '\(state)', '[]', '[]', now(), \(ends), now(), 1, '', 'none',
      'none', 0, 0, 0, 0, 0, 1, 1)
    """
  }

  @Test("are looked at when nothing else happens to them, and so are those that it places beside this one")
  func due() async throws {
    let conninfo = try await PostgresServer.shared().createDatabase()
    let pool = PostgresPool(
      configuration: PostgresConfiguration(
        conninfo: conninfo, applicationName: "test", searchPath: OrderSvcMain.schema), size: 1)
    func migrate(_ migrations: [Migration]) async throws {
      try await Migrator.run(pool, schema: OrderSvcMain.schema, component: "service", migrations: migrations)
    }
    func texts(_ sql: String) async throws -> [String] {
      try await pool.withSession { try $0.execute(sql).rows.map { try $0.string("text") } }
    }
    try await migrate(OrderMigrations.all.filter { $0.version == 1 })
    try await pool.withSession { session in
      for order in [
        Self.insert("active", "active", ends: "now() + interval '1 h'"), Self.insert("ended", "completed"),
        Self.insert("placed", "placed"), Self.insert("ending", "ending", ends: "now()"),
      ] {
        try session.script(order)
      }
      // As an operator may have made it beforehand.
      try session.script(
        """
        alter table orders add column if not exists due_at timestamptz;
        create index orders_due on orders (due_at) include (state, incidents) where due_at is not null;
        """)
    }
    let made = try await texts("select pg_relation_filenode('orders_due')::text as text")
    try await migrate(OrderMigrations.all)
    try await pool.withSession { try $0.script(Self.insert("later", "placed")) }
    #expect(try await texts("select pg_relation_filenode('orders_due')::text as text") == made)
    let soon = "due_at between now() + interval '1 min' and now() + interval '6 min'"
    #expect(try await texts("select id as text from orders where \(soon) order by id") == ["ending", "later", "placed"])
    #expect(try await texts("select id as text from orders where due_at = ends_at and incidents = 0") == ["active"])
    #expect(try await texts("select id as text from orders where due_at is null") == ["ended"])
    await pool.close()
  }
}
