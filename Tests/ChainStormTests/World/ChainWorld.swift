import BusKit
import Contracts
import Crypto
import Foundation
import HTTPClient
import Logging
import Postgres
import Redis
import Synchronization
import TestKit
import TronKit

/// Redis, Postgres, the simulator and several tx-svc processes, each the real program. A test stands where order-svc
/// would, on the bus.
final class ChainWorld: Sendable {
  struct Options: Sendable {
    var workers = 3
    var suppliers = 4
    /// Staked for energy, of each supplier.
    var supplierStakeTRX: Int64 = 100_000
    var blockIntervalMs = 100
    /// Blocks behind the head that are solid, as on the real network.
    var solidAfter = 19
    var nodes = 1
  }

  static let schema = "tx_svc"

  let options: Options
  let folder: WorldFolder
  let redis: RedisServer
  let conninfo: String
  let postgres: PostgresPool
  let commands: RedisConnection
  let http = HTTPClient()
  let workers: [TxWorker]
  let nodeAddresses: [String]
  private let simulator = Mutex<GuardedProcess?>(nil)

  /// The keys of the suppliers, as the simulator made them.
  private let keys = Mutex<[TronAddress: PrivateKey]>([:])

  /// Runs `body` in a world whose wallets have been added.
  static func run(_ options: Options = Options(), _ body: (ChainWorld) async throws -> Void) async throws {
    let server = try await PostgresServer.shared()
    let redis = try await RedisServer.start()
    let world = try ChainWorld(options, redis: redis, conninfo: try await server.createDatabase())
    do {
      try await world.start()
      try await body(world)
    } catch {
      await world.keepLogs()
      try await world.stop()
      throw error
    }
    await world.keepLogs()
    try await world.stop()
  }

  private init(_ options: Options, redis: RedisServer, conninfo: String) throws {
    self.options = options
    self.redis = redis
    self.conninfo = conninfo
    let folder = try WorldFolder()
    self.folder = folder
    postgres = PostgresPool(
      configuration: PostgresConfiguration(conninfo: conninfo, applicationName: "storm"), size: 3)
    commands = RedisConnection(configuration: redis.configuration)
    nodeAddresses = try (0..<options.nodes).map { _ in "127.0.0.1:\(try freePort())" }
    let environment = [
      "ENERGY_REDIS_URL": redis.url,
      "ENERGY_POSTGRES_URL": conninfo.replacing("user=postgres", with: "user=\(Self.schema)"),
      "ENERGY_POSTGRES_CONNECTIONS": "4", "ENERGY_LEASE_MS": "2000", "ENERGY_SWEEP_MS": "300",
      "ENERGY_LOG_LEVEL": "notice", "ENERGY_ORDER_HMAC_KEY_FILE": folder.file("order-hmac"),
      "ENERGY_MASTER_KEY_FILE": folder.file("master"), "ENERGY_SEALING_KEY_FILE": folder.file("sealing"),
      "ENERGY_TRON_NODES": nodeAddresses.map { "http://\($0)" }.joined(separator: ","),
      "ENERGY_WALLET_REFRESH_SECONDS": "2",
    ]
    workers = try (1...options.workers).map {
      try TxWorker(name: "worker-\($0)", folder: folder, environment: environment)
    }
  }

  var sim: SimClient { SimClient(base: "http://\(nodeAddresses[0])", http: http) }
  var orderKey: SymmetricKey { SymmetricKey(data: folder.orderKey) }
  var suppliers: [TronAddress] { keys.withLock { $0.keys.sorted { $0.base58 < $1.base58 } } }

  func key(of supplier: TronAddress) throws -> PrivateKey {
    guard let key = keys.withLock({ $0[supplier] }) else { throw WorldError("\(supplier) is no supplier") }
    return key
  }

  // MARK: - Life

  private func start() async throws {
    try await prepareDatabase()
    try startSimulator()
    try await eventually(within: .seconds(30), "tron-sim answers") { try await sim.isUp() }
    for worker in workers { try worker.start() }
    for worker in workers { try await untilReady(worker) }
    try readKeys()
    try await addSuppliers()
  }

  private func stop() async throws {
    for worker in workers { try await worker.kill() }
    if let simulator = simulator.withLock({ $0 }) { try await simulator.end() }
    await http.close()
    await commands.close()
    await postgres.close()
    try await redis.stop()
    try await folder.remove()
  }

  func untilReady(_ worker: TxWorker) async throws {
    try await eventually(within: .seconds(60), "\(worker.name) is ready") {
      guard worker.isRunning else { throw WorldError("\(worker.name) ended: \(worker.logTail)") }
      do {
        return try await http.send(
          HTTPRequest(url: "http://\(worker.httpAddress)/readyz", timeout: .seconds(2))
        ).status == 200
      } catch is HTTPError {
        return false
      }
    }
  }

  private func prepareDatabase() async throws {
    try await execute(
      """
      do $$ begin
        create role \(Self.schema) login;
      exception when duplicate_object then null;
      end $$
      """)
    try await execute("create schema \(Self.schema) authorization \(Self.schema)")
  }

  private func startSimulator() throws {
    let arguments = nodeAddresses.flatMap { ["--address", $0] } + [
      "--data", folder.file("tron-sim"), "--block-interval-ms",
      "\(options.blockIntervalMs)", "--solid-after", "\(options.solidAfter)", "--suppliers", "\(options.suppliers)",
      "--supplier-stake-trx", "\(options.supplierStakeTRX)",
    ]
    let started = try GuardedProcess.start(
      [try Program.path("tron-sim")] + arguments, log: folder.file("tron-sim.log"))
    simulator.withLock { $0 = started }
  }

  private func readKeys() throws {
    for number in 1...options.suppliers {
      let text = try String(contentsOfFile: folder.file("tron-sim/suppliers/\(number).key"), encoding: .utf8)
      let key = try PrivateKey(hex: text.trimmingCharacters(in: .whitespacesAndNewlines))
      keys.withLock { $0[key.address] = key }
    }
  }

  /// As an operator does it: sealed to tx-svc's key, over the bus.
  private func addSuppliers() async throws {
    let keys = keys.withLock { $0 }
    try await withBus { bus in
      let sealing = try await bus.ask(GetSealingKey(), within: .seconds(20))
      for (address, key) in keys {
        let sealed = try SealedKey.seal(key.withUnsafeBytes { [UInt8]($0) }, for: address, to: sealing)
        let action = OperatorAction(actor: "test", reason: "test", key: address.base58)
        let add = AddSupplier(address: address, sealedKey: sealed, permissionID: 0, action: action)
        let result = try await bus.command(add, answer: CommandResult.self, within: .seconds(30))
        guard result?.ok == true else { throw WorldError("\(address) was not added: \(result?.detail ?? "no answer")") }
      }
    }
  }

  /// A place on the bus; closed when `body` returns.
  func withBus<T: Sendable>(_ body: @escaping @Sendable (BusClient) async throws -> T) async throws -> T {
    let client = BusClient(
      redis: redis.configuration, name: "storm", logger: Logger(label: "storm") { _ in SwiftLogNoOpLogHandler() })
    return try await client.run(body)
  }

  // MARK: - Postgres

  @discardableResult
  func execute(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> [PostgresRow] {
    try await postgres.withSession { try $0.execute(sql, parameters).rows }
  }

  /// The one number that the statement answers as `n`.
  func number(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> Int64 {
    guard let row = try await execute(sql, parameters).first else { throw WorldError("no row from: \(sql)") }
    return try row.int("n")
  }

  // MARK: - Logs

  /// Lines of the workers' logs at the level `critical`: none is ever right.
  func criticalLines() -> [String] {
    workers.flatMap { worker in
      let data = FileManager.default.contents(atPath: worker.log) ?? Data()
      return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        .filter { $0.contains(#""level":"critical""#) }
    }
  }

  /// With ENERGY_STORM_LOGS set to a folder, the logs survive the world.
  private func keepLogs() async {
    guard let target = ProcessInfo.processInfo.environment["ENERGY_STORM_LOGS"] else { return }
    do {
      try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
      for worker in workers {
        let data = FileManager.default.contents(atPath: worker.log) ?? Data()
        try data.write(to: URL(fileURLWithPath: "\(target)/\(worker.name).log"))
      }
    } catch {
      print("the logs could not be kept in \(target): \(error)")
    }
  }
}
