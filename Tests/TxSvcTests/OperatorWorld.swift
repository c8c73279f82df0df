import BusKit
import Contracts
import Foundation
import HTTPClient
import Postgres
import Synchronization
import TestKit
import TronKit

@testable import TxSvc

/// tx-svc as it runs, a node that answers what a test tells it to, and an operator's bus.
struct OperatorWorld: Sendable {
  /// The JSON that a node answers, by path; `{}` where a test gives none.
  final class Node: Sendable {
    private let answers = Mutex<[String: String]>([:])

    subscript(path: String) -> String {
      get { answers.withLock { $0[path] ?? "{}" } }
      set { answers.withLock { $0[path] = newValue } }
    }
  }

  let client: BusClient
  let bus: Bus
  let node: Node
  let masterFile: String
  let key: PrivateKey

  static func run(master: String = FernetTests.key, _ body: @escaping @Sendable (OperatorWorld) async throws -> Void)
    async throws
  {
    let redis = try await RedisServer.start()
    let conninfo = try await PostgresServer.shared().createDatabase()
    let folder = NSTemporaryDirectory() + "operator-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    try master.write(toFile: "\(folder)/master", atomically: true, encoding: .utf8)
    let node = Node()
    let server = try StubHTTPServer { .text(node[$0.target]) }
    let http = HTTPClient()
    let world = TxEnvironment(
      nodes: TronNodePool(nodes: [TronNodeClient(baseURL: server.url, http: http)]),
      signer: Signer(master: try KeyFile("ENERGY_MASTER_KEY_FILE", path: "\(folder)/master") { try KeyRing($0) }),
      sealing: try SealingKeyFile(path: "\(folder)/sealing"), orderKey: Samples.orderKey)
    let service = TxService.make(world)
    let runtime = ServiceRuntime(
      service,
      ServiceConfiguration(
        redis: redis.configuration,
        postgres: PostgresConfiguration(conninfo: conninfo, applicationName: "test", searchPath: service.schema),
        httpPort: try freePort(), logger: JSONLog.logger(service: service.name, level: .critical)))
    let client = BusClient(
      redis: redis.configuration, name: "energyctl", logger: JSONLog.logger(service: "energyctl", level: .critical))
    try await running(runtime) {
      try await eventually(within: .seconds(20)) {
        do { return try await runtime.bus.read { try $0.execute("select 1 from key_holders").rows.count == 1 } } catch {
          return false  // Not migrated yet.
        }
      }
      try await client.run { client in
        try await body(
          OperatorWorld(
            client: client, bus: runtime.bus, node: node, masterFile: "\(folder)/master", key: try .generate()))
      }
    }
    server.stop()
    await http.close()
    try await redis.stop()
    try FileManager.default.removeItem(atPath: folder)
  }

  func action(_ key: String) -> OperatorAction { OperatorAction(actor: "ann", reason: "test", key: key) }

  func apply<M: Message>(_ message: M) async throws -> CommandResult? {
    try await client.command(message, answer: CommandResult.self)
  }

  /// What the audit log is told, as `command outcome`.
  func audited() async throws -> [String] {
    try await client.broker.peek(.gatewayCommands, partition: 0, after: nil, limit: 100).map {
      let acted = try MessageCoder.decode(OperatorActed.self, from: try $0.envelope().body)
      return "\(acted.command) \(acted.outcome)"
    }
  }

  func writeMaster(_ lines: String...) throws {
    try lines.joined(separator: "\n").write(toFile: masterFile, atomically: true, encoding: .utf8)
  }

  /// A wallet whose key is encrypted under the ring's first; nothing refreshes it.
  func wallet(_ ring: KeyRing, key: PrivateKey, reserved: Sun = .zero, delegated: Sun = .zero) async throws {
    let token = try ring.seal(key, at: Samples.now)
    try await bus.transaction { unit in
      try unit.save(
        SupplierWallet(
          address: key.address, encryptedKey: token, keyID: ring.primaryID, permissionID: 0, isEnabled: true,
          delegatable: try Sun(trx: 1_000_000), reserved: reserved, delegated: delegated, bandwidth: 50_000,
          balance: try Sun(trx: 1_000), figuresBlock: 9, refreshAt: unit.now.addingTimeInterval(3_600),
          addedAt: unit.now))
    }
  }

  func wallets() async throws -> [SupplierWallet] {
    try await bus.read {
      try $0.execute("select * from supplier_wallets order by address").decoded(SupplierWallet.self)
    }
  }
}
