import BusKit
import Contracts
import Foundation
import Logging
import Postgres
import TestKit
import Testing
import TronKit

@testable import WalletSvc

/// wallet-svc with a Redis and a Postgres of its own, and beside it somebody who answers for tx-svc, if asked for.
struct AdjustmentWorld: Sendable {
  let client: BusClient
  let pool: PostgresPool

  static func run(
    _ settings: WalletSettings, replicas: Int = 1, tx: Service? = nil,
    _ body: @escaping @Sendable (AdjustmentWorld) async throws -> Void
  ) async throws {
    let redis = try await RedisServer.start()
    let database = try await PostgresServer.shared().createDatabase()
    let logger = JSONLog.logger(service: "test", level: .error)
    func configuration(_ service: Service) throws -> ServiceConfiguration {
      ServiceConfiguration(
        redis: redis.configuration,
        postgres: PostgresConfiguration(
          conninfo: database, applicationName: service.name, searchPath: service.schema),
        poolSize: 4, httpPort: try freePort(), logger: logger)
    }
    let services = (0..<replicas).map { _ in WalletSvcMain.make(settings) } + (tx.map { [$0] } ?? [])
    let pool = PostgresPool(
      configuration: PostgresConfiguration(
        conninfo: database, applicationName: "test", searchPath: WalletSvcMain.schema), size: 2)
    try await running(try services.map { ServiceRuntime($0, try configuration($0)) }) {
      try await BusClient(redis: redis.configuration, name: "test", logger: logger).run { client in
        let world = AdjustmentWorld(client: client, pool: pool)
        try await eventually(within: .seconds(30), "tables") {
          try await world.count("pg_tables where schemaname = '\(WalletSvcMain.schema)' and tablename = 'adjustments'")
            == 1
        }
        try await body(world)
      }
    }
    await pool.close()
    try await redis.stop()
  }

  func count(_ from: String) async throws -> Int64 {
    try await pool.withSession { try $0.execute("select count(*) as n from \(from)").rows.first?.int("n") ?? -1 }
  }

  func execute(_ statement: String) async throws {
    try await pool.transaction { _ = try $0.execute(statement) }
  }

  /// What was published of a type, oldest first.
  func published<M: Message>(_ type: M.Type) async throws -> [M] {
    try await pool.withSession { session in
      try session.execute(
        "select body from outbox where type = $1 order by created_at, message_id", [.text(M.messageType)]
      ).rows.map { try MessageCoder.decode(M.self, from: try $0.bytes("body")) }
    }
  }

  func send(_ request: AdjustmentRequest, _ actor: String = "ann", key: String) async throws -> CommandResult {
    let action = OperatorAction(actor: actor, reason: "test", key: key)
    return try #require(
      try await client.command(AdjustLedger(request: request, action: action), answer: CommandResult.self))
  }

  func approve(
    _ id: String, _ request: AdjustmentRequest, _ actor: String = "bob", key: String
  ) async throws -> CommandResult {
    let action = OperatorAction(actor: actor, reason: "seen", key: key)
    return try #require(
      try await client.command(
        ApproveAdjustment(adjustment: id, request: request, action: action), answer: CommandResult.self))
  }

  func reject(_ id: String, _ actor: String = "bob", key: String) async throws -> CommandResult {
    let action = OperatorAction(actor: actor, reason: "no", key: key)
    return try #require(
      try await client.command(RejectAdjustment(adjustment: id, action: action), answer: CommandResult.self))
  }

  func available(_ customer: CustomerID) async throws -> Int64 {
    try await client.ask(GetBalance(customer: customer)).available.value
  }
}
