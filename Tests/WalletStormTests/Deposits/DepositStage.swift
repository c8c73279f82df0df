import BusKit
import Contracts
import Foundation
import HTTPClient
import Logging
import Postgres
import Redis
import Synchronization
import TestKit
import TronKit

/// tron-sim, tx-svc and wallet-svc, each the real program, the services in two replicas; customers with their
/// addresses, and strangers who pay.
final class DepositStage: Sendable {
  static let customers = (0..<12).map { CustomerID(text: "cus_storm_\($0)") }
  private static let blockIntervalMs = 100
  private static let roles = ["tx_svc", "wallet_svc"]

  let cast: DepositCast
  let redis: RedisServer
  let pool: PostgresPool
  let commands: RedisConnection
  let sim: Simulator
  let services: [ServiceProgram]
  private let folder: String
  private let janitor: GuardedProcess
  private let http = HTTPClient()
  private let simulator = Mutex<GuardedProcess?>(nil)
  private let nodeAddress: String
  private let addresses = Mutex<[CustomerID: TronAddress]>([:])
  private let clock = Mutex<Int64>(0)

  static func run(_ body: (DepositStage) async throws -> Void) async throws {
    let redis = try await RedisServer.start()
    let conninfo = try await PostgresServer.shared().createDatabase()
    let stage = try DepositStage(redis, conninfo)
    let result: Result<Void, any Error>
    do {
      try await stage.start()
      try await body(stage)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    try await stage.stop()
    try result.get()
  }

  private init(_ redis: RedisServer, _ conninfo: String) throws {
    let cast = try DepositCast()
    (self.cast, self.redis) = (cast, redis)
    pool = PostgresPool(configuration: PostgresConfiguration(conninfo: conninfo, applicationName: "storm"), size: 2)
    commands = RedisConnection(configuration: redis.configuration)
    let folder = "/tmp/energy-deposits-\(UUID.v7().text.suffix(12))"
    self.folder = folder
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    janitor = try GuardedProcess.start(["/bin/sleep", "infinity"], log: "/dev/null", removing: folder)
    nodeAddress = "127.0.0.1:\(try freePort())"
    sim = Simulator(base: "http://\(nodeAddress)", http: http)
    try Self.writeSecrets(cast, folder)
    let (url, node) = (redis.url, nodeAddress)
    let common = { (role: String) in
      [
        "ENERGY_REDIS_URL": url, "ENERGY_POSTGRES_URL": conninfo.replacing("user=postgres", with: "user=\(role)"),
        "ENERGY_POSTGRES_CONNECTIONS": "4", "ENERGY_LEASE_MS": "2000", "ENERGY_SWEEP_MS": "300",
        "ENERGY_LOG_LEVEL": "notice", "ENERGY_TRON_NODES": "http://\(node)",
        "ENERGY_ORDER_HMAC_KEY_FILE": "\(folder)/order-hmac", "ENERGY_MASTER_KEY_FILE": "\(folder)/master",
        "ENERGY_SEALING_KEY_FILE": "\(folder)/sealing", "ENERGY_TRONGRID_URL": "http://\(node)",
        "ENERGY_TRONSCAN_URL": "http://\(node)", "ENERGY_DEPOSIT_XPUB_FILE": "\(folder)/deposit-xpub",
        "ENERGY_TREASURY_ADDRESSES": cast.treasury.address.base58,
      ]
    }
    services = try [("tx-svc", "tx_svc"), ("wallet-svc", "wallet_svc")].flatMap { program, role in
      try (1...2).map {
        try ServiceProgram(program, name: "\(program)-\($0)", folder: folder, environment: common(role))
      }
    }
  }

  private static func writeSecrets(_ cast: DepositCast, _ folder: String) throws {
    func random() -> [UInt8] { (0..<32).map { _ in UInt8.random(in: 0...255) } }
    let master = Data(random()).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    let files = [
      ("order-hmac", Hex.encode(random())), ("master", master), ("deposit-xpub", cast.tree.publicKey.text),
    ]
    for (name, text) in files {
      let isWritten = FileManager.default.createFile(
        atPath: "\(folder)/\(name)", contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
      guard isWritten else { throw TestKitError("cannot write \(folder)/\(name)") }
    }
  }

  // MARK: - Life

  private func start() async throws {
    for role in Self.roles {
      try await execute(
        "do $$ begin create role \(role) login; exception when duplicate_object then null; end $$")
      try await execute("create schema \(role) authorization \(role)")
    }
    let started = try GuardedProcess.start(
      [
        try Program.path("tron-sim"), "--address", nodeAddress, "--data", "\(folder)/tron-sim", "--block-interval-ms",
        "\(Self.blockIntervalMs)", "--suppliers", "1",
      ], log: "\(folder)/tron-sim.log")
    simulator.withLock { $0 = started }
    try await eventually(within: .seconds(30), "tron-sim answers") { try await sim.isUp() }
    try await cast.enter(sim)
    try await startServices()
    try await assignAddresses()
  }

  private func stop() async throws {
    try await killServices()
    if let simulator = simulator.withLock({ $0 }) { try await simulator.end() }
    await http.close()
    await commands.close()
    await pool.close()
    try await redis.stop()
    try await janitor.end()
  }

  func startServices() async throws {
    for service in services { try service.start() }
    for service in services { try await service.untilReady(http) }
  }

  func killServices() async throws {
    for service in services { try await service.kill() }
  }

  func killAndRestart(_ service: ServiceProgram) async throws {
    try await service.kill()
    try service.start()
    try await service.untilReady(http)
  }

  /// tx-svc has to confirm them first.
  private func assignAddresses() async throws {
    for customer in Self.customers {
      try await eventually(within: .seconds(60), "\(customer) has an address") {
        let answer = try await withBus {
          try await $0.command(AssignDepositAddress(customer: customer), answer: DepositAddressAnswer.self)
        }
        guard let address = answer?.address?.address else { return false }
        addresses.withLock { $0[customer] = address }
        return true
      }
    }
  }

  func address(of customer: CustomerID) throws -> TronAddress {
    guard let address = addresses.withLock({ $0[customer] }) else { throw TestKitError("\(customer) has no address") }
    return address
  }

  /// Customers by their addresses.
  var owners: [TronAddress: CustomerID] {
    Dictionary(uniqueKeysWithValues: addresses.withLock { $0 }.map { ($1, $0) })
  }

  func withBus<T: Sendable>(_ body: @escaping @Sendable (BusClient) async throws -> T) async throws -> T {
    let logger = Logger(label: "storm") { _ in SwiftLogNoOpLogHandler() }
    return try await BusClient(redis: redis.configuration, name: "storm", logger: logger).run(body)
  }

  @discardableResult
  func execute(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> [PostgresRow] {
    try await pool.withSession { try $0.execute(sql, parameters).rows }
  }

  // MARK: - Transactions

  /// Each has a time of its own: the same payment twice is two transactions.
  @discardableResult
  func send(_ contract: Contract, by key: PrivateKey, feeLimit: Int64 = 500_000_000) async throws -> String {
    let timestamp = clock.withLock { time in
      time += 1
      return time
    }
    return try await sim.send(contract, by: key, feeLimit: feeLimit, timestamp: timestamp)
  }

  @discardableResult
  func pay(_ sun: Int64, to: TronAddress, by key: PrivateKey) async throws -> String {
    try await send(.transfer(owner: key.address, to: to, amount: Sun(sun)), by: key)
  }

  @discardableResult
  func call(
    _ call: TokenABI.Call, of token: TronAddress = USDT.mainnet, by key: PrivateKey, feeLimit: Int64 = 500_000_000
  ) async throws -> String {
    let call = SmartContractCall(owner: key.address, contract: token, value: .zero, data: TokenABI.data(call))
    return try await send(.triggerSmartContract(call), by: key, feeLimit: feeLimit)
  }
}
