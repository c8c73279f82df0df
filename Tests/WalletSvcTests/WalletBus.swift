import BusKit
import Logging
import Postgres
import TestKit
import Testing

@testable import WalletSvc

/// A running wallet-svc, whose bus the replicas of a test share.
func withWalletBus(
  _ body: @escaping @Sendable (Bus, RedisServer, PostgresServer) async throws -> Void
) async throws {
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  let redis = try await RedisServer.start()
  let server = try await PostgresServer.start()
  let database = try await server.createDatabase()
  let configuration = ServiceConfiguration(
    redis: redis.configuration,
    postgres: PostgresConfiguration(
      conninfo: database, applicationName: "wallet-svc", searchPath: WalletSvcMain.schema),
    poolSize: 3, httpPort: try freePort(), logger: logger)
  var service = WalletSvcMain.make(WalletSettings(sources: []))
  let (buses, lend) = AsyncStream.makeStream(of: Bus.self)
  service.background("test") { bus in
    lend.yield(bus)
    try await Task.sleep(for: .seconds(3600))
  }
  let runtime = ServiceRuntime(service, configuration)
  let running = Task { try await runtime.run() }
  let result: Result<Void, any Error>
  do {
    let bus = await buses.first { _ in true }
    try await body(try #require(bus), redis, server)
    result = .success(())
  } catch {
    result = .failure(error)
  }
  runtime.stop()
  _ = await running.result
  try await redis.stop()
  try await server.stop()
  try result.get()
}
