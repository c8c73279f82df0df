import BusKit
import Contracts
import Foundation
import HTTPClient
import Postgres
import TestKit
import TronKit

@testable import TxSvc

/// tx-svc in one or several processes' worth of runtimes over a Redis, a Postgres and a stubbed chain of their own.
struct PoolWorld: Sendable {
  let chain: StubChain
  let redis: RedisServer
  /// The first worker's.
  let bus: Bus

  /// Chain time at which the followed head stands.
  static let headMs: Int64 = 3_000_000

  /// - Parameters:
  ///   - nodes: instead of the stubbed chain.
  ///   - change: what differs from the defaults of the service's surroundings.
  static func run(
    workers: Int = 1, nodes: TronNodePool? = nil, change: (inout TxEnvironment) -> Void = { _ in },
    _ body: @escaping @Sendable (PoolWorld) async throws -> Void
  ) async throws {
    let redis = try await RedisServer.start()
    let conninfo = try await PostgresServer.shared().createDatabase()
    let chain = StubChain()
    let node = try chain.serve()
    let http = HTTPClient()
    var world = TxEnvironment(
      nodes: nodes ?? TronNodePool(nodes: [TronNodeClient(baseURL: node.url, http: http)]),
      signer: Signer(ring: try KeyRing(text: FernetTests.key)),
      sealing: try SealingKeyFile(
        path: FileManager.default.temporaryDirectory.appending(path: "sealing-\(UUID().uuidString)").path),
      orderKey: Samples.orderKey)
    change(&world)
    let runtimes = try (0..<workers).map { _ in
      var service = TxService.make(world)
      // Here the test orders what order-svc and the operator would.
      service.publishes([.txCommands])
      return ServiceRuntime(
        service,
        ServiceConfiguration(
          redis: redis.configuration,
          postgres: PostgresConfiguration(conninfo: conninfo, applicationName: "test", searchPath: service.schema),
          httpPort: try freePort(), logger: JSONLog.logger(service: service.name, level: .critical)))
    }
    let bus = runtimes[0].bus
    try await running(runtimes) {
      try await eventually(within: .seconds(30), "the schema") {
        do { return try await bus.read { try $0.execute("select 1 from ledger_differences").rows.isEmpty } } catch {
          return false  // Not migrated yet.
        }
      }
      try await body(PoolWorld(chain: chain, redis: redis, bus: bus))
    }
    node.stop()
    await http.close()
    try await redis.stop()
  }

  /// Wallets, the ratio, and a cursor that somebody else keeps up, so that nothing here follows the chain.
  func stock(_ wallets: [SupplierWallet]) async throws {
    let (head, ratio) = (try Samples.block(9), try Samples.ratio())
    // The service may have begun at the stub's solid head: what stands here is put in its place.
    let needs: [Need] = [.row(ChainRatio.self, ChainRatio.key), .row(BlockCursor.self, BlockCursor.key)]
    try await bus.transaction(needs: needs) { unit in
      for var wallet in wallets {
        wallet.refreshAt = unit.now.addingTimeInterval(3_600)
        try unit.save(wallet)
      }
      try unit.save(ChainRatio(ratio, readAt: unit.now))
      try unit.save(
        BlockCursor(
          id: BlockCursor.key, number: 900, blockID: head, timeMs: Self.headMs, advancedAt: unit.now, headNumber: 900,
          solidNumber: 900, solidBlockID: head, solidTimeMs: Self.headMs, intervalMs: 3000, follower: "another",
          leaseUntil: unit.now.addingTimeInterval(3_600)))
    }
  }

  /// A wallet whose key opens.
  func wallet(trx: Int64) throws -> SupplierWallet {
    let key = try PrivateKey.generate()
    let ring = try KeyRing(text: FernetTests.key)
    return SupplierWallet(
      address: key.address, encryptedKey: try ring.seal(key, at: Samples.now), keyID: ring.primaryID, permissionID: 0,
      isEnabled: true, delegatable: try Sun(trx: trx), reserved: .zero, delegated: .zero, bandwidth: 50_000,
      balance: try Sun(trx: 1_000), figuresBlock: 9, refreshAt: Samples.now, addedAt: Samples.now)
  }

  static func message(_ number: Int, to receiver: TronAddress, energy: Int64 = 65_000, at now: Date) -> DelegateEnergy {
    let order = OrderID(text: "ord_" + String(repeating: "0", count: 32 - "\(number)".count) + "\(number)")
    return DelegateEnergy(
      order: order, customer: Samples.customer, receiver: receiver, energy: Energy(energy), durationSeconds: 3_600,
      deadline: now.addingTimeInterval(60),
      seal: .delegate(
        order: order, customer: Samples.customer, receiver: receiver, energy: Energy(energy), durationSeconds: 3_600,
        key: Samples.orderKey))
  }

  func rows<R: Row>(_ type: R.Type) async throws -> [R] {
    try await bus.read { try $0.execute("select * from \(R.table) order by \(R.keyColumn)").decoded(type) }
  }

  /// What was published, oldest first.
  func published<M: Message>(_ type: M.Type) async throws -> [M] {
    try await bus.read { session in
      try session.execute(
        "select body from outbox where type = $1 order by created_at, message_id", [.text(M.messageType)]
      ).rows.map { try MessageCoder.decode(M.self, from: try $0.bytes("body")) }
    }
  }

  func client<T: Sendable>(_ body: @escaping @Sendable (BusClient) async throws -> T) async throws -> T {
    try await BusClient(
      redis: redis.configuration, name: "test", logger: JSONLog.logger(service: "test", level: .error)
    ).run(body)
  }
}
