import BusKit
import Contracts
import Foundation
import Logging
import Postgres
import Synchronization
import TestKit
import TronKit

@testable import WalletSvc

/// wallet-svc in one or more replicas on a real bus, and a tx-svc that says what a test wants.
struct DepositWorld: Sendable {
  static let payer = USDT.nile
  /// Later than any address is handed out.
  static let blockTime = Date(timeIntervalSince1970: 4_000_000_000)
  static let phrase = "all all all all all all all all all all all all"

  let client: BusClient
  let pool: PostgresPool
  let redis: RedisServer
  let database: String
  let watcher: Watcher
  private let limits: AdjustmentLimits
  private let logger: Logger

  /// What tx-svc does with WatchAddresses.
  final class Watcher: Sendable {
    private struct State {
      var isAnswering = true
      var asked: [[TronAddress]] = []
      var seq: Int64 = 0
    }
    private let state = Mutex(State())

    init(isAnswering: Bool) { state.withLock { $0.isAnswering = isAnswering } }

    var asked: [[TronAddress]] { state.withLock { $0.asked } }
    func answer(_ isAnswering: Bool) { state.withLock { $0.isAnswering = isAnswering } }

    func take(_ command: WatchAddresses) -> AddressesWatched? {
      state.withLock { state in
        state.asked.append(command.addresses)
        state.seq += 1
        guard state.isAnswering else { return nil }
        return AddressesWatched(addresses: command.addresses, fromBlock: 100 + state.seq, seq: state.seq)
      }
    }
  }

  static func key(account: UInt32 = 0) throws -> DepositKey {
    DepositKey(try ExtendedPrivateKey(mnemonic: phrase).tronAddresses(account: account).publicKey)
  }

  static func settings(account: UInt32? = 0, ahead: Int = 60) throws -> DepositSettings {
    var settings = DepositSettings()
    settings.key = try account.map { try key(account: $0) }
    settings.ahead = ahead
    settings.pace = .milliseconds(50)
    settings.askAgain = .seconds(2)
    return settings
  }

  static func run(
    _ settings: DepositSettings, replicas: Int = 1, isWatching: Bool = true,
    limits: AdjustmentLimits = AdjustmentLimits(),
    _ body: @escaping @Sendable (DepositWorld) async throws -> Void
  ) async throws {
    let redis = try await RedisServer.start()
    let database = try await PostgresServer.shared().createDatabase()
    let logger = JSONLog.logger(service: "test", level: .critical)
    let pool = PostgresPool(
      configuration: PostgresConfiguration(
        conninfo: database, applicationName: "test", searchPath: WalletSvcMain.schema), size: 2)
    let watcher = Watcher(isAnswering: isWatching)
    let result: Result<Void, any Error>
    do {
      try await BusClient(redis: redis.configuration, name: "test", logger: logger).run { client in
        let world = DepositWorld(
          client: client, pool: pool, redis: redis, database: database, watcher: watcher, limits: limits,
          logger: logger)
        let consumer = client.runtime(of: txService(watcher, client))
        try await running(consumer) {
          try await world.serving(settings, replicas: replicas) { try await body(world) }
        }
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await pool.close()
    try await redis.stop()
    try result.get()
  }

  private static func txService(_ watcher: Watcher, _ client: BusClient) -> Consumer {
    var consumer = Consumer(group: ServiceName.tx)
    consumer.handle(WatchAddresses.self) { command, _ in
      if let answer = watcher.take(command) { try await client.send(answer) }
    }
    return consumer
  }

  /// Runs another replica, with other settings, until `body` returns.
  func alsoServing<Value: Sendable>(
    _ settings: DepositSettings, _ body: () async throws -> Value
  ) async throws -> Value {
    try await serving(settings, replicas: 1, body)
  }

  private func serving<Value: Sendable>(
    _ settings: DepositSettings, replicas: Int, _ body: () async throws -> Value
  ) async throws -> Value {
    let postgres = PostgresConfiguration(
      conninfo: database, applicationName: "wallet-svc", searchPath: WalletSvcMain.schema)
    var wallet = WalletSettings(sources: [])
    wallet.deposits = settings
    wallet.adjustments = limits
    var runtimes: [ServiceRuntime] = []
    for _ in 0..<replicas {
      runtimes.append(
        ServiceRuntime(
          WalletSvcMain.make(wallet),
          ServiceConfiguration(
            redis: redis.configuration, postgres: postgres, poolSize: 4, httpPort: try freePort(), logger: logger)))
    }
    let tasks = runtimes.map { runtime in Task { try await runtime.run() } }
    let result: Result<Value, any Error>
    do {
      result = .success(try await body())
    } catch {
      result = .failure(error)
    }
    for runtime in runtimes { runtime.stop() }
    for task in tasks { _ = await task.result }
    return try result.get()
  }

  // MARK: - What a test says

  func status() async throws -> DepositStatusView { try await client.ask(GetDepositStatus()) }

  /// Waits until addresses may be handed out.
  func untilFree(_ count: Int64) async throws {
    try await eventually(within: .seconds(30), "\(count) free addresses") {
      do {
        return try await status().free == count
      } catch is QueryFailure {
        return false
      }
    }
  }

  func assign(_ customer: CustomerID) async throws -> DepositAddressAnswer? {
    try await client.command(
      AssignDepositAddress(customer: customer), answer: DepositAddressAnswer.self, within: .seconds(30))
  }

  func retire(_ fingerprint: String, key: String) async throws -> CommandResult? {
    let action = OperatorAction(actor: "ann", reason: "stolen", key: key)
    return try await client.command(
      RetireDepositKey(fingerprint: fingerprint, action: action), answer: CommandResult.self, within: .seconds(30))
  }

  /// An address of this customer's own.
  func address(of customer: CustomerID) async throws -> TronAddress {
    guard let view = try await assign(customer)?.address else { throw TestKitError("\(customer) got no address") }
    return view.address
  }

  static func transaction(_ number: UInt8) throws -> TransactionID {
    try TransactionID(bytes: [UInt8](repeating: number, count: 32))
  }

  static func found(
    _ address: TronAddress, _ amount: Int64, _ number: UInt8, token: TronAddress? = nil, logIndex: Int? = nil,
    at blockTime: Date = blockTime, seq: Int64 = 1
  ) throws -> DepositFound {
    DepositFound(
      address: address, from: payer, token: token, amount: amount, txID: try transaction(number), logIndex: logIndex,
      blockNumber: 200, blockTime: blockTime, seq: seq)
  }

  func balance(_ customer: CustomerID) async throws -> CustomerBalance {
    try await client.ask(GetBalance(customer: customer))
  }

  func deposit(_ number: UInt8, suffix: String = "") async throws -> DepositView? {
    let id = try Self.transaction(number).hex + suffix
    return try await client.ask(GetDeposits()).deposits.first { $0.id == id }
  }

  func untilDeposit(_ number: UInt8, suffix: String = "", is state: DepositState) async throws {
    try await eventually(within: .seconds(20), "deposit \(number) is \(state.rawValue)") {
      try await deposit(number, suffix: suffix)?.state == state
    }
  }

  /// What stands in the journal for each account and currency that is not at zero, such as `custody:deposits TRX`.
  func sums() async throws -> [String: Int64] {
    try await pool.withSession { session in
      try session.execute(
        """
        select account || ' ' || currency as name, sum(amount)::bigint as total from (
          select credit as account, currency, amount from journal
          union all select debit, currency, -amount from journal) lines
        group by account, currency having sum(amount) <> 0
        """
      ).rows.reduce(into: [:]) { $0[try $1.string("name")] = try $1.int("total") }
    }
  }

  func execute(_ statement: String) async throws {
    try await pool.transaction { _ = try $0.execute(statement) }
  }

  func count(_ statement: String) async throws -> Int64 {
    try await pool.withSession { try $0.execute("select count(*) as count from \(statement)").rows.first?.int("count") }
      ?? -1
  }

  /// Dead letters of wallet-svc on tx.events: what it called a mistake.
  func deadLetters() async throws -> [String] {
    var found: [String] = []
    for partition in 0..<Topic.txEvents.partitions {
      found += try await client.broker.deadLetters(Topic.txEvents, partition: partition, after: nil, limit: 100)
        .filter { $0.group == ServiceName.wallet }.map(\.detail)
    }
    return found
  }
}
