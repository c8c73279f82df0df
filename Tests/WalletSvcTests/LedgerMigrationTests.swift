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

  /// As the release before does: the entries, then the transfer.
  private func post(
    _ database: LedgerDatabase, _ id: String, _ kind: String, _ entries: [(account: String, amount: Int)]
  ) async throws {
    let rows = entries.enumerated().map { index, entry in
      "('\(id)/\(index)', '\(id)', '\(entry.account)', 'TRX', \(entry.amount), now())"
    }.joined(separator: ", ")
    try await database.script(
      """
      begin;
      insert into entries (id, transfer, account, currency, amount, created_at) values \(rows);
      insert into transfers (id, kind, currency, order_id, customer, action, body_hash, created_at)
        values ('\(id)', '\(kind)', 'TRX', null, 'cus_a', null, 'h', now());
      commit;
      """)
  }
}
