import BusKit
import Contracts
import Foundation
import Logging
import Postgres
import TestKit
import TronKit

@testable import WalletSvc

/// wallet-svc itself, with a Redis and a database of its own.
struct LedgerService: Sendable {
  let client: BusClient
  let pool: PostgresPool
  let bus: Bus

  static func run(_ body: @escaping @Sendable (LedgerService) async throws -> Void) async throws {
    let redis = try await RedisServer.start()
    let conninfo = try await PostgresServer.shared().createDatabase()
    let logger = JSONLog.logger(service: "test", level: .error)
    let postgres = PostgresConfiguration(
      conninfo: conninfo, applicationName: "wallet-svc", searchPath: WalletSvcMain.schema)
    let configuration = ServiceConfiguration(
      redis: redis.configuration, postgres: postgres, poolSize: 4, httpPort: try freePort(), logger: logger)
    let settings = WalletSettings(sources: [], adjustments: .unlimited)
    let runtime = ServiceRuntime(WalletSvcMain.make(settings), configuration)
    let pool = PostgresPool(configuration: postgres, size: 1)
    try await running(runtime) {
      try await BusClient(redis: redis.configuration, name: "test", logger: logger).run { client in
        let service = LedgerService(client: client, pool: pool, bus: runtime.bus)
        try await eventually(within: .seconds(20), "the tables are there") {
          try await service.int("select count(*) from pg_tables where tablename = 'waiting_captures'") == 1
        }
        // The first of each has looked at an empty ledger.
        try await eventually(within: .seconds(20), "the checks have run") {
          try await service.int("select count(*) from ledger_audits where checked_at is not null") == 2
        }
        try await body(service)
      }
    }
    await pool.close()
    try await redis.stop()
  }

  func action(_ key: String) -> OperatorAction { OperatorAction(actor: "ann", reason: "test", key: key) }

  func credit(_ amount: Int64, _ customer: CustomerID, key: String? = nil) async throws {
    _ = try await client.command(
      CreditAccount(customer: customer, amount: Sun(amount), action: action(key ?? "credit-\(customer)")),
      answer: CommandResult.self)
  }

  func hold(_ order: OrderID, _ customer: CustomerID, _ amount: Int64) async throws {
    _ = try await client.command(
      HoldFunds(order: order, customer: customer, amount: Sun(amount)), answer: CommandResult.self)
  }

  func capture(_ order: OrderID, _ customer: CustomerID, _ amount: Int64) async throws -> CommandResult? {
    try await client.command(
      CaptureHold(order: order, customer: customer, amount: Sun(amount)), answer: CommandResult.self)
  }

  /// Runs the minute's check and waits for its end.
  func check() async throws {
    let before = try await int("select (extract(epoch from checked_at) * 1000000)::bigint from ledger_audits "
      + "where id = 'recent'")
    try await start(LedgerRecentCheck())
    try await eventually(within: .seconds(20), "the check has run") {
      try await int("select (extract(epoch from checked_at) * 1000000)::bigint from ledger_audits "
        + "where id = 'recent'") > before
    }
  }

  func start(_ effect: some Effect) async throws { try await bus.transaction { try $0.start(effect) } }

  func freeze(_ subject: String) async throws {
    let findings = [subject: [LedgerFinding(.balance, account: "customer:\(subject)", expected: "1", found: "2")]]
    _ = try await bus.transaction(needs: LedgerIncidents.needs(findings.keys)) { unit in
      try LedgerIncidents.record(findings, by: "recent", begun: unit.now.addingTimeInterval(60), unit)
    }
  }

  func sql(_ statement: String) async throws { try await pool.withSession { try $0.script(statement) } }

  func int(_ sql: String) async throws -> Int64 {
    try await pool.withSession { try $0.execute("select coalesce((\(sql)), 0)::bigint as n").rows[0].int("n") }
  }

  /// Whom open differences concern.
  func differences() async throws -> [String] {
    try await client.ask(GetLedgerChecks()).open.map(\.subject)
  }

  /// What the service has told of differences.
  func events() async throws -> [String] {
    try await pool.withSession { session in
      try session.execute(
        "select body from outbox where type = $1 order by created_at, message_id",
        [.text(LedgerDifferenceFound.messageType)]
      ).rows.map {
        let event = try MessageCoder.decode(LedgerDifferenceFound.self, from: try $0.bytes("body"))
        return "\(event.subject) \(event.clearedAt == nil ? "found" : "cleared")"
      }
    }
  }
}
