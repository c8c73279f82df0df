import Contracts
import Foundation
import Postgres
import TestKit
import Testing

@testable import WalletSvc

@Suite("What is booked to a custody account")
struct CustodyBooksTests {
  private static let pool = "custody:pool"

  @Test("is known without reading its lines: sums of what came and of what went, sealed or not")
  func sums() async throws {
    try await LedgerDatabase.run { database in
      try await database.script(LedgerDatabase.line("cost", "costs", Self.pool, 7))
      try await database.sealAll()
      #expect(try await flows(database) == CustodyBooks.Flow(coinsIn: 0, coinsOut: 7, isOpened: false))
      try await database.script(LedgerDatabase.line("opening", Self.pool, "adjustments", 100))
      #expect(try await flows(database) == CustodyBooks.Flow(coinsIn: 100, coinsOut: 7, isOpened: true))
      try await database.sealAll()
      try await database.script(LedgerDatabase.line("another", "costs", Self.pool, 1))
      #expect(try await flows(database) == CustodyBooks.Flow(coinsIn: 100, coinsOut: 8, isOpened: true))

      try await database.script(
        """
        insert into journal (id, kind, currency, debit, credit, amount, body_hash, created_at)
          select 'cost:' || n, 'cost', 'TRX', 'costs', 'custody:pool', 1, 'h', now() from generate_series(1, 10000) n
        """)
      try await database.sealAll()
      try await database.script("analyze")
      let hits = try await database.pool.withSession { session in
        try session.transaction {
          try LedgerAudit.begin(session)
          let before = try read(session)
          _ = try CustodyBooks.flows(.pool, session)
          return try read(session) - before
        }
      }
      #expect(hits < 10, "\(hits) lines were read")
      #expect(try await flows(database).coinsOut == 10_008)
    }
  }

  @Test("is not compared while the sums are not those of all lines")
  func incomplete() async throws {
    try await LedgerDatabase.run { database in
      try await database.script("update ledger_head set trouble = 'moved'")
      await #expect(throws: CustodyChain.Unreadable.self) { try await flows(database) }
    }
  }

  @Test("is made anew by the nightly check, sum by sum")
  func checked() async throws {
    try await LedgerDatabase.run { database in
      try await database.script(LedgerDatabase.line("cost", "costs", Self.pool, 7))
      try await database.sealAll()
      #expect(try await database.pool.withSession { try LedgerAudit.findings(isFull: true, $0) } == [])
      // The balance is what it was.
      try await database.script(
        "update account_totals set credited = credited + 5, debited = debited + 5 where account = 'custody:pool'")
      let found = try await database.pool.withSession { try LedgerAudit.findings(isFull: true, $0) }
      #expect(found == Array(repeating: "the total of custody:pool (TRX) is off by 5", count: 2))
    }
  }

  /// How many of the journal's rows this session has looked at.
  private func read(_ session: PostgresSession) throws -> Int64 {
    let sql = """
      select pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid) as n
      from (select 'journal'::regclass::oid as oid) journal
      """
    return try #require(try session.execute(sql).rows.first).int("n")
  }

  private func flows(_ database: LedgerDatabase) async throws -> CustodyBooks.Flow {
    try await database.pool.withSession { session in
      try session.transaction {
        try LedgerAudit.begin(session)
        return try CustodyBooks.flows(.pool, session)[.trx] ?? CustodyBooks.Flow()
      }
    }
  }
}
