import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("A block's transactions among very many of ours")
struct MatchTests {
  private static func id(_ number: Int) throws -> TransactionID {
    try TransactionID(hex: String(repeating: "0", count: 56) + String(format: "%08x", number))
  }

  /// Rows and index entries of the table read so far.
  private static func reads(_ session: PostgresSession) throws -> Int64 {
    _ = try session.execute("select pg_stat_force_next_flush()")
    _ = try session.execute("select 1")
    return try session.execute(
      """
      select (select seq_tup_read from pg_stat_user_tables where relname = 'transactions')
        + (select sum(idx_tup_read) from pg_stat_user_indexes where relname = 'transactions') as n
      """
    ).rows.first?.int("n") ?? -1
  }

  @Test("are looked up one by one, with the plan that was made when there were none")
  func plan() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      let asked = try (0..<400).map { try Self.id($0 * 1_000) }
      // Nobody else reads the table while the chain stands still and no block is solid beyond the last one.
      try await world.settle()
      for _ in 0..<8 { _ = try await world.bus.lookUp { try BlockFindings.match(asked, $0) } }
      try await world.bus.read { session in
        _ = try session.execute(
          """
          insert into transactions (id, order_id, leg_id, purpose, bytes, expiration_ms, signed_at, state)
          select lpad(to_hex(n), 64, '0'), 'ord_' || n, 'ord_' || n || '/1', 'delegate', '', 0, now(), 'signed'
          from generate_series(1, 20000) as n
          """)
      }
      let before = try await world.bus.read { try Self.reads($0) }
      let found = try await world.bus.lookUp { session in
        let found = try BlockFindings.match(asked, session)
        _ = try session.execute("select pg_stat_force_next_flush()")
        return found
      }
      let reads = try await world.bus.read { try Self.reads($0) } - before
      #expect(Set(found.orders.map(\.text)) == Set((1...20).map { "ord_\($0 * 1_000)" }))
      #expect(try Set(found.ids) == Set((1...20).map { try Self.id($0 * 1_000) }))
      #expect(reads < 1_000, "of 20,000 rows")
    }
  }
}
