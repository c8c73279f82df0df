import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("The pool's tables are upgraded")
struct PoolMigrationTests {
  @Test("legs and wallets of the release before are read, and live legs are found by their receiver")
  func upgrade() async throws {
    let conninfo = try await PostgresServer.shared().createDatabase()
    let pool = PostgresPool(
      configuration: PostgresConfiguration(conninfo: conninfo, applicationName: "test", searchPath: "tx_svc"), size: 1)
    let first = try #require(TxMigrations.all.first { $0.version == 1 })
    let receiver = try Samples.address(0xaa)
    let wallet = try Samples.address(1)
    try await Migrator.run(pool, schema: "tx_svc", component: "service", migrations: [first])
    try await pool.withSession { session in
      _ = try session.execute(
        """
        insert into supplier_wallets values ($1, 'token', 'key', 0, true, 5, 0, 0, 600, 7, 9, now(), null, now())
        """, [.text(wallet.base58)])
      _ = try session.execute(
        """
        insert into delegations values ('ord_1', 'cus_1', $1, 1, 60, now(), 'final', false, null, 2, 1, null, 1, 1, 1,
          0, '', now())
        """, [.text(receiver.base58)])
      for (id, state) in [("ord_1/1", "dead"), ("ord_1/2", "solid")] {
        _ = try session.execute(
          "insert into legs values ($1, 'ord_1', $2, 1, 1000000, $3, null, true, null, null, 1, 1, null)",
          [.text(id), .text(wallet.base58), .text(state)])
      }
    }
    try await Migrator.run(pool, schema: "tx_svc", component: "service", migrations: TxMigrations.all)
    let (wallets, legs) = try await pool.withSession { session in
      (
        try session.execute("select * from supplier_wallets").decoded(SupplierWallet.self),
        try session.execute("select * from legs order by id").decoded(Leg.self)
      )
    }
    #expect(wallets.map(\.state) == [.enabled])
    #expect(wallets.map(\.rentalsLeft) == [nil])
    #expect(legs.map(\.lentTo) == [nil, receiver])
    await pool.close()
  }

  @Test("a task about blocks of the release before has passed none over")
  func tasks() async throws {
    let conninfo = try await PostgresServer.shared().createDatabase()
    let pool = PostgresPool(
      configuration: PostgresConfiguration(conninfo: conninfo, applicationName: "test", searchPath: "tx_svc"), size: 1)
    let older = TxMigrations.all.filter { $0.version < TxMigrations.passed.version }
    try await Migrator.run(pool, schema: "tx_svc", component: "service", migrations: older)
    try await pool.withSession { session in
      _ = try session.execute("insert into chain_tasks values ('k-1', 'rescan', 5, 9, 6, 0, now(), null)")
    }
    try await Migrator.run(pool, schema: "tx_svc", component: "service", migrations: TxMigrations.all)
    let tasks = try await pool.withSession { session in
      try session.execute("select * from chain_tasks").decoded(ChainTask.self)
    }
    #expect(tasks.map(\.next) == [6])
    #expect(tasks.map(\.passed) == [0])
    await pool.close()
  }

  @Test("indexes that an operator made beforehand are taken as they are, and a pair's legs are found by one of them")
  func indexes() async throws {
    let conninfo = try await PostgresServer.shared().createDatabase()
    let pool = PostgresPool(
      configuration: PostgresConfiguration(conninfo: conninfo, applicationName: "test", searchPath: "tx_svc"), size: 1)
    let older = TxMigrations.all.filter { $0.version < TxMigrations.indexes.version }
    try await Migrator.run(pool, schema: "tx_svc", component: "service", migrations: older)
    func made() async throws -> [Int64] {
      try await pool.withSession { session in
        try session.execute(
          """
          select pg_relation_filenode(indexrelid)::bigint as node from pg_index
          where indexrelid in ('legs_lent_by'::regclass, 'delegations_end'::regclass) order by 1
          """
        ).rows.map { try $0.int("node") }
      }
    }
    try await pool.withSession {
      try $0.script(
        """
        create index legs_lent_by on legs (supplier) where lent_to is not null;
        create index delegations_end
          on delegations ((coalesce(ends_at_ms, started_at_ms + duration_seconds * 1000)))
          where state in ('final', 'reclaiming');
        """)
    }
    let before = try await made()
    try await Migrator.run(pool, schema: "tx_svc", component: "service", migrations: TxMigrations.all)
    #expect(try await made() == before)
    for (statement, values) in [
      (LentPair.othersStatement, ["array['a']", "'b'", "'c'"]),
      (LedgerSnapshot.pairStatement, ["'b'", "array['a']", "9"]),
    ] {
      let text = values.indices.reduce(statement) { $0.replacing("$\($1 + 1)", with: values[$1]) }
      let plan = try await pool.withSession { session in
        try session.script("set enable_seqscan = off; set enable_sort = off")
        return try session.execute("explain (format text) " + text).rows.map { try $0.string("QUERY PLAN") }
      }
      #expect(plan.contains { $0.contains("legs_lent_to") }, "\(plan)")
    }
    await pool.close()
  }
}
