import BusKit
import Contracts
import Crypto
import Foundation
import Logging
import Postgres
import Redis
import TestKit
import TronKit

@testable import OrderSvc

/// order-svc on a Redis and a database of its own, and a client that plays everybody else.
struct RunningOrders: Sendable {
  static let key = SymmetricKey(data: Array(repeating: UInt8(7), count: 32))
  let client: BusClient
  let redis: RedisConnection
  /// Into order-svc's own tables.
  let pool: PostgresPool
  /// Of the running service.
  let bus: Bus

  static func run(_ body: @escaping @Sendable (RunningOrders) async throws -> Void) async throws {
    let server = try await RedisServer.start()
    let database = try await PostgresServer.shared().createDatabase()
    let logger = JSONLog.logger(service: "test", level: .warning)
    let product = Product(
      id: "1s", durationSeconds: 1, sunPerEnergy: 60, energyMin: Energy(1_000), energyMax: Energy(1_000_000))
    let settings = OrderSettings(catalogue: try ProductCatalogue(checking: [product]), sealKey: key)
    let postgres = PostgresConfiguration(
      conninfo: database, applicationName: "order-svc", searchPath: OrderSvcMain.schema)
    let configuration = ServiceConfiguration(
      redis: server.configuration, postgres: postgres, poolSize: 3, httpPort: try freePort(), logger: logger)
    let runtime = ServiceRuntime(OrderSvcMain.make(settings), configuration)
    let running = Task { try await runtime.run() }
    let redis = RedisConnection(configuration: server.configuration)
    let pool = PostgresPool(configuration: postgres, size: 1)
    do {
      try await BusClient(redis: server.configuration, name: "test", logger: logger).run { client in
        try await body(RunningOrders(client: client, redis: redis, pool: pool, bus: runtime.bus))
      }
    } catch {
      await close(runtime, running, redis, pool)
      try await server.stop()
      throw error
    }
    await close(runtime, running, redis, pool)
    try await server.stop()
  }

  private static func close(
    _ runtime: ServiceRuntime, _ running: Task<Void, any Error>, _ redis: RedisConnection, _ pool: PostgresPool
  ) async {
    runtime.stop()
    _ = await running.result
    await redis.close()
    await pool.close()
  }

  /// Waits until the order is in this state and returns it.
  @discardableResult
  func order(_ id: OrderID, reaches state: OrderState) async throws -> OrderView {
    var last: OrderView?
    try await eventually(within: .seconds(20), "order \(id) in \(state.rawValue)") {
      do {
        last = try await client.ask(GetOrder(order: id, customer: nil))
      } catch let failure as QueryFailure where failure.code == "not_found" || failure.code == "timeout" {
        return false
      }
      return last?.state == state
    }
    guard let last else { throw QueryFailure(code: "not_found", message: "order \(id)") }
    return last
  }

  /// What order-svc has sent on a topic, oldest first.
  func sent(_ topic: Topic) async throws -> [(type: String, body: [UInt8])] {
    let reply = try await redis.send(RedisCommand("XRANGE", .init(topic.streamKey(0)), "-", "+"))
    return (reply.array ?? []).compactMap { entry in
      guard let fields = entry.array?.last?.array else { return nil }
      var texts: [String: RedisValue] = [:]
      for index in stride(from: 0, to: fields.count - 1, by: 2) {
        texts[fields[index].string ?? ""] = fields[index + 1]
      }
      guard let type = texts["type"]?.string, let body = texts["body"]?.bytes else { return nil }
      return (type, body)
    }
  }

  func types(_ topic: Topic) async throws -> [String] { try await sent(topic).map(\.type) }
}
