import BusKit
import Contracts
import Foundation
import Logging
import Postgres
import Synchronization
import TestKit

@testable import BusKit
@testable import WalletSvc

/// Two replicas of wallet-svc on one bus, with what they log.
struct HammerBench: Sendable {
  let client: BusClient
  /// Not the service's: for looking at the tables.
  let pool: PostgresPool
  let log: LogCatch

  static func run(_ body: @escaping @Sendable (HammerBench) async throws -> Void) async throws {
    let redis = try await RedisServer.start()
    let database = try await PostgresServer.shared().createDatabase()
    let postgres = PostgresConfiguration(
      conninfo: database, applicationName: "wallet-svc", searchPath: WalletSvcMain.schema)
    let log = LogCatch()
    let logger = Logger(label: "hammer") { _ in log.handler }
    let replicas = try (0..<2).map { _ in
      let configuration = ServiceConfiguration(
        redis: redis.configuration, postgres: postgres, poolSize: 4, httpPort: try freePort(), logger: logger)
      return ServiceRuntime(WalletSvcMain.make(WalletSettings(sources: [], adjustments: .unlimited)), configuration)
    }
    let pool = PostgresPool(configuration: postgres, size: 2)
    try await running(replicas) {
      try await BusClient(redis: redis.configuration, name: "hammer", logger: logger).run { client in
        // Their tables are there when one of them answers.
        _ = try await client.ask(GetBalance(customer: CustomerID(text: "cus_0")), within: .seconds(30))
        try await body(HammerBench(client: client, pool: pool, log: log))
      }
    }
    await pool.close()
    try await redis.stop()
  }

  /// Messages that were given up or that wait for another attempt.
  func leftovers() async throws -> [String] {
    var found: [String] = []
    for topic in [Topic.walletCommands, .txEvents] {
      let dead = try await client.broker.state(of: topic).reduce(0) { $0 + $1.dead }
      if dead > 0 { found.append("\(dead) dead letters of \(topic.name)") }
    }
    let parked = try await pool.withSession { session in
      try session.execute("select reason from parked").rows.map { try $0.string("reason") }
    }
    return found + parked.map { "parked: \($0)" }
  }

  /// By Postgres' own count, in this test's database.
  func deadlocks() async throws -> Int64 {
    try await pool.withSession { session in
      try session.execute(
        "select deadlocks as n from pg_stat_database where datname = current_database()"
      ).rows.first?.int("n") ?? 0
    }
  }
}

/// Keeps the lines that speak of deadlocks, and those that are more than a warning.
final class LogCatch: Sendable {
  private let caught = Mutex<[String]>([])

  var lines: [String] { caught.withLock { $0 } }
  var handler: any LogHandler { Handler(owner: self) }

  private struct Handler: LogHandler {
    let owner: LogCatch
    var logLevel: Logger.Level = .debug
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let line = "\(event.message) \(event.metadata ?? [:])"
      guard event.level > .warning || line.contains("40P01") || line.contains("deadlock") else { return }
      owner.caught.withLock { if $0.count < 100 { $0.append(line) } }
    }
  }
}
