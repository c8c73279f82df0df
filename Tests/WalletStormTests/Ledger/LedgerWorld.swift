import BusKit
import Foundation
import Logging
import Postgres
import TestKit

@testable import BusKit
@testable import WalletSvc

/// wallet-svc's tables in a Postgres of their own, and its handlers: no bus is needed to run them.
final class LedgerWorld: Sendable {
  let server: PostgresServer
  private let conninfo: String
  /// Straight to the server, never cut.
  let pool: PostgresPool
  private let service: Service
  let logger = JSONLog.logger(service: "storm", level: .critical)

  /// - Parameter sequences: their customers have addresses.
  static func run(
    sequences: Int, _ body: @escaping @Sendable (LedgerWorld) async throws -> Void
  ) async throws {
    // What was committed survives the end of the server.
    let server = try await PostgresServer.start(settings: ["synchronous_commit=on"])
    let world = LedgerWorld(server, try await server.createDatabase())
    let result: Result<Void, any Error>
    do {
      try await world.migrate()
      try await world.enterAddresses(sequences: sequences)
      try await body(world)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await world.pool.close()
    try await server.stop()
    try result.get()
  }

  private init(_ server: PostgresServer, _ conninfo: String) {
    self.server = server
    self.conninfo = conninfo
    var settings = WalletSettings(sources: [])
    settings.adjustments = AdjustmentLimits(sunMax: LedgerBook.aloneMax, usdtMax: LedgerBook.aloneMax)
    settings.deposits.rules.sunMin = LedgerBook.depositMin
    settings.deposits.rules.usdtMin = LedgerBook.depositMin
    service = WalletSvcMain.make(settings)
    pool = PostgresPool(configuration: Self.configuration(conninfo), size: 2)
  }

  private func migrate() async throws {
    let schema = WalletSvcMain.schema
    try await Migrator.run(pool, schema: schema, component: "bus", migrations: BusMigrations.all)
    try await Migrator.run(pool, schema: schema, component: service.name, migrations: service.migrations)
  }

  private static func configuration(_ conninfo: String) -> PostgresConfiguration {
    PostgresConfiguration(conninfo: conninfo, applicationName: "wallet-svc", searchPath: WalletSvcMain.schema)
  }

  /// What a process of the service runs its units of work with, on one connection.
  func makeRunner(through proxy: PostgresProxy? = nil) -> (runner: UnitRunner, pool: PostgresPool) {
    let conninfo = proxy?.conninfo(conninfo) ?? conninfo
    let pool = PostgresPool(configuration: Self.configuration(conninfo), size: 1)
    // Nothing leaves the outbox: what stands in it is compared with the model. A long grace would hold up who writes.
    var timing = BusTiming()
    timing.outboxGrace = .milliseconds(8)
    let publisher = Publisher(
      broker: MemoryBroker(), pool: pool, timing: timing, lengthMax: [:], logger: logger, metrics: MetricsRegistry())
    let runner = UnitRunner(
      pool: pool, publisher: publisher, effectsRecorded: {}, outboxGrace: .seconds(3600),
      publishedTopics: Set(service.publishedTopics.map(\.name)))
    return (runner, pool)
  }

  /// The service's own handler for a message.
  func prepare(_ envelope: Envelope) throws -> PreparedUnit {
    guard let handler = service.handlers[envelope.type] else {
      throw TestKitError("wallet-svc handles no \(envelope.type)")
    }
    return try handler.prepare(envelope)
  }

  /// Which of these messages have been handled.
  func handled(_ ids: [UUID]) async throws -> Set<UUID> {
    try await whenUp { session in
      let rows = try session.execute(
        "select message_id from inbox where message_id = any($1)", [.uuidArray(ids)]
      ).rows
      return Set(try rows.map { try $0.uuid("message_id") })
    }
  }

  /// Reads past the proxies; waits for a server that was ended.
  func whenUp<T: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> T) async throws -> T {
    var value: T?
    try await eventually(within: .seconds(60), "Postgres answers") {
      do {
        value = try await pool.withSession(body)
        return true
      } catch let error as PostgresError where error.isConnectionLoss {
        return false
      }
    }
    guard let value else { throw TestKitError("Postgres answered without a value") }
    return value
  }
}
