import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing

@testable import WalletSvc

@Suite("The ledger of the release before")
struct LedgerMigrationTests {
  @Test("is copied into the journal and sealed, and followed while that release still runs")
  func upgrade() async throws {
    try await LedgerDatabase.run(migrations: WalletMigrations.all.filter { $0.version <= 3 }) { database in
      try await database.script(
        """
        insert into accounts (id, available, held, seq, updated_at) values ('cus_a', 40, 60, 2, now());
        insert into holds (id, customer, amount, state, captured, answer_seq, answer_available, settled_seq, created_at,
          updated_at) values ('ord_1', 'cus_a', 60, 'held', 0, 2, 100, 0, now(), now());
        """)
      try await post(database, "credit:k", "credit", [("adjustments", -100), ("customer:cus_a", 100)])
      try await post(database, "hold:ord_1", "hold", [("customer:cus_a", -60), ("held:cus_a", 60)])
      try await post(database, "cost:ord_0", "cost", [("custody", -7), ("costs", 7)])
      try await database.migrate(WalletMigrations.all)
      #expect(try await database.int("select opening_line from ledger_epochs") == 3)
      try await database.sealAll()
      #expect(try await database.verify().blocks.map(\.range) == ["opening 0 3"])

      // That release goes on beside this one: a capture in part, as it writes it.
      try await database.script(
        """
        update accounts set available = 50, held = 0, seq = 3, updated_at = now();
        update holds set state = 'captured', captured = 50, settled_seq = 3, updated_at = now();
        """)
      try await post(
        database, "capture:ord_1", "capture", [("held:cus_a", -60), ("revenue", 50), ("customer:cus_a", 10)])
      try await database.sealAll()
      try await database.script("insert into ledger_checks values ('recent', 5, 'accounts differ', now())")
      #expect(try await database.int("select differences from ledger_checks") == 0, "its check means nothing any more")
      let page = try await database.verify()
      #expect(page.faults == [] && page.unsealed == 0 && page.blocks.map(\.lines) == [3, 2])
      let totals = try await database.rows("select account, total::bigint as total from account_totals order by 1") {
        "\(try $0.string("account")) \(try $0.int("total"))"
      }
      #expect(
        totals == [
          "adjustments -100", "costs -7", "custody:pool 7", "customer:cus_a 50", "held:cus_a 0", "revenue 50",
        ])
      for isFull in [false, true] {
        #expect(try await database.pool.withSession { try LedgerAudit.findings(isFull: isFull, $0) } == [])
      }
    }
  }

  @Test("may have the index on open holds beforehand")
  func index() async throws {
    try await LedgerDatabase.run(
      migrations: WalletMigrations.all.filter { $0.version < WalletMigrations.openHolds.version }
    ) { database in
      try await database.script("create index holds_open_age on holds (created_at) where state = 'held'")
      let made = try await database.int("pg_relation_filenode('holds_open_age')")
      try await database.migrate(WalletMigrations.all)
      #expect(try await database.int("pg_relation_filenode('holds_open_age')") == made)
    }
  }

  @Test("is copied while balances can be read, and after a writer that is at it, crosswise with neither")
  func locks() async throws {
    try await LedgerDatabase.run(migrations: WalletMigrations.all.filter { $0.version <= 3 }) { database in
      try await database.script(
        "insert into accounts (id, available, held, seq, updated_at) values ('cus_a', 1, 0, 1, now())")
      try await post(database, "credit:k", "credit", [("adjustments", -1), ("customer:cus_a", 1)])
      let writer = try await OpenTransaction(
        on: database.another(), "update accounts set available = available + 1 where id = 'cus_a'",
        "\(posting("credit:l", "credit", [("adjustments", -1), ("customer:cus_a", 1)]))")
      let reader = try await OpenTransaction(on: database.another(), "select available from accounts")
      let migration = Task { try await database.migrate(WalletMigrations.all) }
      try await eventually("it waits for the writer") { try await waits(database) == ["accounts ExclusiveLock"] }
      #expect(try await database.int("select available from accounts") == 1)
      try await writer.end()
      try await eventually("everything is copied, and it waits for the reader") {
        try await waits(database) == ["accounts AccessExclusiveLock"]
      }
      try await reader.end()
      try await migration.value
      #expect(try await database.int("select count(*) from journal") == 2)
    }
  }

  @Test("however long, has one transaction id, and what is not sealed is found without reading it")
  func plan() async throws {
    try await LedgerDatabase.run(migrations: WalletMigrations.all.filter { $0.version <= 3 }) { database in
      try await database.script(
        """
        begin;
        insert into entries (id, transfer, account, currency, amount, created_at)
          select 'credit:' || n || '/' || side, 'credit:' || n, case side when 0 then 'adjustments'
            else 'customer:cus_' || n end, 'TRX', side * 2 - 1, now()
          from generate_series(1, 10000) n cross join generate_series(0, 1) side;
        insert into transfers (id, kind, currency, order_id, customer, action, body_hash, created_at)
          select 'credit:' || n, 'credit', 'TRX', null, 'cus_' || n, null, 'h', now() from generate_series(1, 10000) n;
        commit;
        """)
      try await database.migrate(WalletMigrations.all)
      #expect(try await database.int("select count(distinct xid::text) from journal") == 1)
      try await database.sealAll()
      let slow = try await OpenTransaction(on: database.another(), LedgerDatabase.line("slow"))
      try await database.write("sealed")
      try await database.sealAll()
      let open = "select cardinality(array(select pg_snapshot_xip(snapshot))) from ledger_head"
      #expect(try await database.int(open) > 0)
      try await slow.end()
      #expect(try await database.int("select count(*) from ledger_tail") == 1)
      let plan = try await database.pool.withSession { session in
        try session.transaction {
          try LedgerAudit.begin(session)
          return try session.execute(
            "explain (analyze, buffers, timing off, format json) select * from ledger_tail"
          ).rows.map { try $0.string("QUERY PLAN") }.joined()
        }
      }
      let hits = try #require(plan.firstMatch(of: /"Shared Hit Blocks": (\d+)/).flatMap { Int($0.1) })
      #expect(hits < 30, "\(hits) blocks were read")
    }
  }

  /// Which locks the migration waits for.
  private func waits(_ database: LedgerDatabase) async throws -> [String] {
    try await database.rows(
      """
      select relation::regclass || ' ' || mode as name from pg_locks
      where not granted and database = (select oid from pg_database where datname = current_database())
        and relation is not null
      """
    ) { try $0.string("name") }
  }

  /// As the release before does: the entries, then the transfer.
  private func post(
    _ database: LedgerDatabase, _ id: String, _ kind: String, _ entries: [(account: String, amount: Int)]
  ) async throws {
    try await database.script("begin; \(posting(id, kind, entries)) commit")
  }

  private func posting(_ id: String, _ kind: String, _ entries: [(account: String, amount: Int)]) -> String {
    let rows = entries.enumerated().map { index, entry in
      "('\(id)/\(index)', '\(id)', '\(entry.account)', 'TRX', \(entry.amount), now())"
    }.joined(separator: ", ")
    return """
      insert into entries (id, transfer, account, currency, amount, created_at) values \(rows);
      insert into transfers (id, kind, currency, order_id, customer, action, body_hash, created_at)
        values ('\(id)', '\(kind)', 'TRX', null, 'cus_a', null, 'h', now());
      """
  }
}
