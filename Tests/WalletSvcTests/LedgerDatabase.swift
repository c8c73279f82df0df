import BusKit
import Contracts
import Foundation
import Postgres
import TestKit

@testable import WalletSvc

/// wallet-svc's tables without the service: what the sealer and the checks do with lines that a test writes.
struct LedgerDatabase: Sendable {
  let pool: PostgresPool
  let conninfo: String

  static func run(
    migrations: [Migration] = WalletMigrations.all,
    _ body: @escaping @Sendable (LedgerDatabase) async throws -> Void
  ) async throws {
    let conninfo = try await PostgresServer.shared().createDatabase()
    let database = LedgerDatabase(pool: connect(conninfo, size: 2), conninfo: conninfo)
    try await database.migrate(migrations)
    do {
      try await body(database)
    } catch {
      await database.pool.close()
      throw error
    }
    await database.pool.close()
  }

  private static func connect(_ conninfo: String, size: Int) -> PostgresPool {
    PostgresPool(
      configuration: PostgresConfiguration(
        conninfo: conninfo, applicationName: "test", searchPath: WalletSvcMain.schema,
        idleInTransactionTimeout: .seconds(60)), size: size)
  }

  /// A pool of its own, for a transaction that stays open.
  func another() -> PostgresPool { Self.connect(conninfo, size: 1) }

  func migrate(_ migrations: [Migration]) async throws {
    try await Migrator.run(pool, schema: WalletSvcMain.schema, component: "service", migrations: migrations)
  }

  func script(_ sql: String) async throws { try await pool.withSession { try $0.script(sql) } }

  func rows<T: Sendable>(_ sql: String, _ read: @escaping @Sendable (PostgresRow) throws -> T) async throws -> [T] {
    try await pool.withSession { try $0.execute(sql).rows.map(read) }
  }

  func int(_ sql: String) async throws -> Int64 { try await rows("select (\(sql))::bigint as n") { try $0.int("n") }[0] }

  /// What the journal's owner could not: past the triggers that refuse it.
  func tamper(_ sql: String) async throws {
    try await script("set session_replication_role = replica; \(sql); set session_replication_role = origin")
  }

  static func line(_ id: String, _ debit: String = "adjustments", _ credit: String = "customer:cus_a", _ amount: Int = 5)
    -> String
  {
    """
    insert into journal (id, kind, currency, debit, credit, amount, body_hash, created_at)
      values ('\(id)', 'credit', 'TRX', '\(debit)', '\(credit)', \(amount), 'h', now());
    """
  }

  /// Each in a transaction of its own.
  func write(_ ids: String...) async throws { for id in ids { try await script(Self.line(id)) } }

  @discardableResult
  func seal(linesMax: Int = LedgerSealer.linesMax) async throws -> LedgerSealer.Outcome {
    try await pool.withSession { try LedgerSealer.step(linesMax: linesMax, $0) }
  }

  /// Until nothing is left.
  func sealAll(linesMax: Int = LedgerSealer.linesMax) async throws {
    while true {
      switch try await seal(linesMax: linesMax) {
      case .nothing(isMore: false), .trouble: return
      default: continue
      }
    }
  }

  func verify(from: Int64 = 1) async throws -> LedgerVerification {
    try await pool.withSession { session in
      try session.transaction {
        try LedgerAudit.begin(session)
        return try LedgerVerifier.page(from: from, count: VerifyLedger.countMax, session)
      }
    }
  }

  /// The number of a line by its id.
  func number(_ id: String) async throws -> Int64 { try await int("select number from journal where id = '\(id)'") }
}
