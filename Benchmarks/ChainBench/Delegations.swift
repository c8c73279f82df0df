import BenchKit
import BusKit
import Contracts
import Crypto
import Foundation
import HTTPClient
import Postgres
import Redis
import TronKit

/// Takes order-svc's place before real tx-svc processes and a simulated chain: asks for many delegations at once and
/// counts how many of them a node has taken per second. Counted in Postgres: a delegation is submitted when the row of
/// its sending says that a node accepted the bytes.
struct Delegations: Sendable {
  private static let receivers = 500
  private static let energy = Energy(1_000)
  private static let durationSeconds: Int64 = 3_600

  private let client: BusClient
  private let pool: PostgresPool
  private let chain: String
  private let orderKey: SymmetricKey
  private let supplierKeys: [PrivateKey]
  private let orders: Int
  private let http = HTTPClient()

  init(_ options: Options) throws {
    let redis = RedisConfiguration(address: .unix(path: try options.text("redis")), clientName: "chain-bench")
    client = BusClient(redis: redis, name: "bench", logger: JSONLog.logger(service: "chain-bench", level: .warning))
    pool = PostgresPool(
      configuration: PostgresConfiguration(
        conninfo: try options.text("postgres"), applicationName: "chain-bench", searchPath: "tx_svc"), size: 1)
    chain = try options.text("chain")
    orderKey = SymmetricKey(data: try Hex.decode(try options.fileText("order-key")))
    orders = try options.count("orders", most: 1_000_000)
    let folder = try options.text("supplier-keys")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".key") }.sorted()
    supplierKeys = try files.map { file in
      let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
      return try PrivateKey(hex: text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }

  @Sendable func measure() async throws -> [Figure] {
    try await client.run { _ in try await measureConnected() }
  }

  private func measureConnected() async throws -> [Figure] {
    try await addSuppliers()
    let receivers = try await makeReceivers()
    try await wait("a first block of the chain", count: "select count(*) as n from block_cursor", atLeast: 1)
    let messages = (0..<orders).map { message($0, to: receivers[$0 % receivers.count]) }
    let start = ContinuousClock.now
    try await client.publish(messages)
    try await wait(
      "every delegation to be taken by a node",
      count: "select count(distinct tx_id) as n from sendings where outcome = 'accepted'", atLeast: orders)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    await pool.close()
    return [Figure("delegations_per_second", Double(orders) / seconds, goal: ">= 500")]
  }

  private func addSuppliers() async throws {
    let sealingKey = try await client.ask(GetSealingKey())
    for key in supplierKeys {
      let clear = key.withUnsafeBytes { [UInt8]($0) }
      let action = OperatorAction(actor: "bench", reason: "bench", key: key.address.base58)
      try await client.publish(
        AddSupplier(
          address: key.address, sealedKey: try SealedKey.seal(clear, for: key.address, to: sealingKey),
          permissionID: 0, action: action))
    }
    try await wait(
      "the supplier wallets", count: "select count(*) as n from supplier_wallets", atLeast: supplierKeys.count)
  }

  private func makeReceivers() async throws -> [TronAddress] {
    var receivers: [TronAddress] = []
    for _ in 0..<Self.receivers {
      let address = try PrivateKey.generate().address
      let body = Array(#"{"address":"\#(address.base58)","trx":1}"#.utf8)
      let response = try await http.send(
        HTTPRequest(
          method: "POST", url: "\(chain)/sim/accounts", headers: [("Content-Type", "application/json")], body: body,
          timeout: .seconds(5), bodyLimit: 1 << 20))
      guard response.status == 200 else {
        throw BenchFailure("the simulator refused an account: \(String(decoding: response.body, as: UTF8.self))")
      }
      receivers.append(address)
    }
    return receivers
  }

  private func message(_ number: Int, to receiver: TronAddress) -> DelegateEnergy {
    let order = OrderID(text: UUID().uuidString.lowercased())
    let customer = CustomerID(text: "bench")
    return DelegateEnergy(
      order: order, customer: customer, receiver: receiver, energy: Self.energy,
      durationSeconds: Self.durationSeconds, deadline: Date(timeIntervalSinceNow: 600),
      seal: .delegate(
        order: order, customer: customer, receiver: receiver, energy: Self.energy,
        durationSeconds: Self.durationSeconds, key: orderKey))
  }

  private func wait(_ what: String, count sql: String, atLeast wanted: Int) async throws {
    let deadline = ContinuousClock.now + .seconds(300)
    while ContinuousClock.now < deadline {
      let found = try await pool.withSession { try $0.execute(sql).rows.first?.int("n") ?? 0 }
      if found >= Int64(wanted) { return }
      try await Task.sleep(for: .milliseconds(200))
    }
    throw BenchFailure("waited 300 s in vain for \(what)")
  }
}
