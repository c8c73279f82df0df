import BusKit
import Contracts
import Foundation
import HTTPClient
import Postgres
import TestKit
import TronKit

@testable import TxSvc

/// A whole tx-svc with a database and a bus of its own, and a chain that the test writes.
struct ChainWorld: Sendable {
  let chain: FakeChain
  let runtime: ServiceRuntime
  let world: TxEnvironment
  let key: PrivateKey

  var bus: Bus { runtime.bus }

  /// - Parameter preferred: URLs of nodes that are asked before the chain's own.
  static func run(
    _ chain: FakeChain, preferred: [String] = [], others: [FakeChain] = [], rules: DepositRules = DepositRules(),
    _ body: (ChainWorld) async throws -> Void
  ) async throws {
    let redis = try await RedisServer.start()
    let conninfo = try await PostgresServer.shared().createDatabase()
    let http = HTTPClient()
    let ring = try KeyRing(text: FernetTests.key)
    let sealing = FileManager.default.temporaryDirectory.appending(path: "sealing-\(UUID().uuidString)").path
    let world = TxEnvironment(
      nodes: TronNodePool(
        nodes: (preferred + ([chain] + others).map(\.url)).map { TronNodeClient(baseURL: $0, http: http) }),
      signer: Signer(ring: ring), sealing: try SealingKeyFile(path: sealing), orderKey: Samples.orderKey,
      headAgeMax: Samples.anyAge, deposits: rules)
    var service = TxService.make(world)
    // Here the test orders what others would.
    service.publishes([.txCommands])
    let runtime = ServiceRuntime(
      service,
      ServiceConfiguration(
        redis: redis.configuration,
        postgres: PostgresConfiguration(conninfo: conninfo, applicationName: "test", searchPath: service.schema),
        httpPort: try freePort(), logger: JSONLog.logger(service: service.name, level: .critical)))
    let running = Task { try await runtime.run() }
    let this = ChainWorld(chain: chain, runtime: runtime, world: world, key: try PrivateKey.generate())
    try await eventually(within: .seconds(20), "the chain is followed") {
      do { return try await this.scanned() != nil } catch {
        return false  // Not migrated yet.
      }
    }
    try await body(this)
    runtime.stop()
    try await running.value
    for chain in [chain] + others { chain.stop() }
    await http.close()
    try await redis.stop()
  }

  // MARK: - Looking

  func cursor() async throws -> BlockCursor? {
    try await bus.read { try $0.execute("select * from block_cursor").decoded(BlockCursor.self).first }
  }

  func scanned() async throws -> Int64? { try await bus.read { try ScanCursor.read($0)?.number } }

  func rows<R: Row>(_ type: R.Type) async throws -> [R] {
    try await bus.read { try $0.execute("select * from \(R.table) order by \(R.keyColumn)").decoded(type) }
  }

  /// The value of a counter without labels.
  func count(_ metric: String) -> Double {
    let line = bus.metrics.render().split(separator: "\n").first { $0.hasPrefix("\(metric) ") }
    return line.flatMap { Double($0.dropFirst(metric.count + 1)) } ?? 0
  }

  /// What was published of a type, in order.
  func told<M: Message>(_ type: M.Type) async throws -> [M] {
    try await bus.read { session in
      try session.execute(
        "select body from outbox where type = $1 order by created_at, message_id", [.text(M.messageType)]
      ).rows.map { try MessageCoder.decode(M.self, from: $0.bytes("body")) }
    }
  }

  /// Waits until the chain's head is followed and its solid head looked through.
  func settle() async throws {
    let (head, solid) = chain.state.withLock { ($0.blocks[Int($0.head)].id, $0.solid) }
    try await eventually(within: .seconds(20), "block \(head) followed, \(solid) looked through") {
      let (cursor, scanned) = (try await cursor(), try await scanned())
      return cursor?.blockID == head && scanned == solid
    }
  }

  // MARK: - Doing

  func publish(_ message: some Message) async throws {
    try await bus.transaction { try $0.publish(message) }
  }

  func watch(_ addresses: [TronAddress]) async throws -> AddressesWatched {
    let before = try await told(AddressesWatched.self).count
    try await publish(WatchAddresses(addresses: addresses))
    try await eventually { try await told(AddressesWatched.self).count > before }
    guard let answer = try await told(AddressesWatched.self).last else { throw TestKitError("no answer") }
    return answer
  }

  /// A wallet that can lend, and the network's ratio.
  func stock() async throws {
    let ring = world.signer.ring
    let (token, keyID, address) = (try ring.seal(key, at: Samples.now), ring.primaryID, key.address)
    let ratio = try Samples.ratio()
    try await bus.transaction { unit in
      let later = unit.now.addingTimeInterval(3600)
      try unit.save(
        SupplierWallet(
          address: address, encryptedKey: token, keyID: keyID, permissionID: 0, isEnabled: true,
          delegatable: try Sun(trx: 1_000_000), reserved: .zero, delegated: .zero, bandwidth: 50_000,
          balance: try Sun(trx: 1_000), figuresBlock: 1, refreshAt: later, addedAt: unit.now))
      try unit.save(ChainRatio(ratio, readAt: unit.now))
    }
  }

  /// Orders energy, of the first wallet there is, and waits for the transaction at the node.
  func order() async throws -> SignedTransaction {
    try await stock()
    return try await order(Samples.order)
  }

  /// Likewise, with the wallets that are there.
  func order(_ order: OrderID) async throws -> SignedTransaction {
    let known = chain.pool.count
    let now = try await bus.transaction { $0.now }
    let receiver = try Samples.address(0xaa)
    try await publish(
      DelegateEnergy(
        order: order, customer: Samples.customer, receiver: receiver, energy: Energy(65_000),
        durationSeconds: 3600, deadline: now.addingTimeInterval(600),
        seal: .delegate(
          order: order, customer: Samples.customer, receiver: receiver, energy: Energy(65_000),
          durationSeconds: 3600, key: Samples.orderKey)))
    try await eventually(within: .seconds(20), "the node has the transaction") { chain.pool.count == known + 1 }
    return chain.pool[known]
  }
}
