import BusKit
import Contracts
import Foundation
import HTTPClient
import Postgres
import TestKit
import Testing
import TronKit

@testable import TxSvc

/// Equal transactions have equal ids, and a chain takes an id once: two orders must never share one.
@Suite("Two orders in one millisecond")
struct SameMillisecondTests {
  private static let millisecond: Int64 = 1_800_000_000_000

  @Test("with the same wallet, receiver and amount are two delegations")
  func twins() async throws {
    let redis = try await RedisServer.start()
    let conninfo = try await PostgresServer.shared().createDatabase()
    let receiver = try Samples.address(0xaa)
    let node = try StubHTTPServer { request in
      .text(
        request.target.contains("resource")
          ? #"{"TotalEnergyLimit":180000000000,"TotalEnergyWeight":18000000000}"#
          : request.target.hasSuffix("/getaccount") ? "{\"address\":\"\(receiver.base58)\",\"balance\":1000000}" : "{}")
    }
    let key = try PrivateKey.generate()
    let ring = try KeyRing(text: FernetTests.key)
    let sealing = try SealingKeyFile(
      path: FileManager.default.temporaryDirectory.appending(path: "sealing-\(UUID().uuidString)").path)
    let http = HTTPClient()
    let world = TxEnvironment(
      nodes: TronNodePool(nodes: [TronNodeClient(baseURL: node.url, http: http)]), signer: Signer(ring: ring),
      sealing: sealing, orderKey: Samples.orderKey, headAgeMax: Samples.anyAge,
      timestampMs: { Self.millisecond })
    var service = TxService.make(world)
    // Here the test orders what order-svc would.
    service.publishes([.txCommands])
    let runtime = ServiceRuntime(
      service,
      ServiceConfiguration(
        redis: redis.configuration,
        postgres: PostgresConfiguration(conninfo: conninfo, applicationName: "test", searchPath: service.schema),
        httpPort: try freePort(), logger: JSONLog.logger(service: service.name, level: .critical)))
    let running = Task { try await runtime.run() }
    try await eventually(within: .seconds(20)) {
      do { return try await runtime.bus.read { try $0.execute("select 1 from transactions").rows.isEmpty } } catch {
        return false  // Not migrated yet.
      }
    }
    try await stock(runtime.bus, key, ring)
    let orders = ["1", "2"].map { OrderID(text: "ord_0000000000000000000000000000000\($0)") }
    try await runtime.bus.transaction { unit in
      for order in orders { try unit.publish(try Self.message(order, at: unit.now)) }
    }
    try await eventually(within: .seconds(20)) { try await signed(runtime.bus).count == 2 }
    let transactions = try await signed(runtime.bus)
    #expect(Set(transactions.map(\.orderID)) == Set(orders))
    #expect(Set(transactions.map(\.id)).count == 2)
    let raws = try transactions.map { try SignedTransaction(decoding: $0.bytes).raw() }
    #expect(Set(raws.map(\.timestamp)) == [Self.millisecond, Self.millisecond + 1])
    #expect(raws[0].contract == raws[1].contract)
    runtime.stop()
    try await running.value
    node.stop()
    await http.close()
    try await redis.stop()
  }

  /// A wallet, the ratio, and a cursor that somebody else keeps up, so that this service follows nothing.
  private func stock(_ bus: Bus, _ key: PrivateKey, _ ring: KeyRing) async throws {
    let (token, keyID, address) = (try ring.seal(key, at: Samples.now), ring.primaryID, key.address)
    let (head, ratio) = (try Samples.block(9), try Samples.ratio())
    try await bus.transaction { unit in
      let later = unit.now.addingTimeInterval(3600)
      try unit.save(
        SupplierWallet(
          address: address, encryptedKey: token, keyID: keyID, permissionID: 0, isEnabled: true,
          delegatable: try Sun(trx: 1_000_000), reserved: .zero, delegated: .zero, bandwidth: 50_000,
          balance: try Sun(trx: 1_000), figuresBlock: 9, refreshAt: later, addedAt: unit.now))
      try unit.save(ChainRatio(ratio, readAt: unit.now))
      try unit.save(
        BlockCursor(
          id: BlockCursor.key, number: 9, blockID: head, timeMs: Self.millisecond, advancedAt: unit.now, headNumber: 9,
          solidNumber: 9, solidBlockID: head, solidTimeMs: Self.millisecond, intervalMs: 3000, follower: "another",
          leaseUntil: later))
    }
  }

  private static func message(_ order: OrderID, at now: Date) throws -> DelegateEnergy {
    let receiver = try Samples.address(0xaa)
    return DelegateEnergy(
      order: order, customer: Samples.customer, receiver: receiver, energy: Energy(65_000), durationSeconds: 3600,
      deadline: now.addingTimeInterval(60),
      seal: .delegate(
        order: order, customer: Samples.customer, receiver: receiver, energy: Energy(65_000), durationSeconds: 3600,
        key: Samples.orderKey))
  }

  private func signed(_ bus: Bus) async throws -> [StoredTransaction] {
    try await bus.read { try $0.execute("select * from transactions").decoded(StoredTransaction.self) }
  }
}
