import BusKit
import Contracts
import Crypto
import Foundation
import HTTPClient
import Logging
import Postgres
import Redis
import TestKit
import TronKit

@testable import Gateway

/// The gateway on a Redis and a database of its own, with Telegram and the other services played by the test.
struct RunningGateway: Sendable {
  static let secret = SymmetricKey(data: Array(repeating: UInt8(9), count: 32))
  static let customer = CustomerID.telegram(userID: 42, installationSecret: secret)
  static let key = "Bearer ek_cli_demo_s3cret"

  let client: BusClient
  let redis: RedisConnection
  let server: RedisServer
  let telegram: FakeTelegram
  let orders: FakeOrders
  let wallet: FakeWallet
  let bus: Bus
  private let http = HTTPClient()
  private let port: Int

  static func run(
    on postgres: PostgresServer? = nil, messagesPerSecond: Double = TelegramClient.messagesPerSecond,
    _ change: (inout RestLimits) -> Void = { _ in },
    body: @escaping @Sendable (RunningGateway) async throws -> Void
  ) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = try await RedisServer.start()
    let shared = try await PostgresServer.shared()
    let database = try await (postgres ?? shared).createDatabase()
    let folder = NSTemporaryDirectory() + "gateway-" + UUID().uuidString
    let telegram = FakeTelegram()
    let telegramPort = try freePort()
    let orders = FakeOrders()
    let wallet = FakeWallet(orders)
    func configuration(_ service: String, _ schema: String) throws -> ServiceConfiguration {
      ServiceConfiguration(
        redis: server.configuration,
        postgres: PostgresConfiguration(conninfo: database, applicationName: service, searchPath: schema), poolSize: 3,
        httpPort: try freePort(), logger: logger)
    }
    var limits = RestLimits()
    limits.orderWait = .milliseconds(1500)
    change(&limits)
    let settings = GatewaySettings(
      telegramURL: "http://127.0.0.1:\(telegramPort)", telegramToken: FakeTelegram.token,
      telegramMessagesPerSecond: messagesPerSecond, installationSecret: secret, journalDirectory: folder,
      limits: limits)
    let own = try configuration("gateway", "gateway")
    let gateway = ServiceRuntime(try GatewayMain.make(settings, logger: logger), own)
    let others = [
      ServiceRuntime(orders.service(), try configuration("order-svc", "order_svc")),
      ServiceRuntime(wallet.service(), try configuration("wallet-svc", "wallet_svc")),
    ]
    let redis = RedisConnection(configuration: server.configuration)
    let result: Result<Void, any Error>
    do {
      result = .success(
        try await running(telegram.application(port: telegramPort)) {
          try await running(gateway) {
            try await running(others) {
              try await BusClient(redis: server.configuration, name: "test", logger: logger).run { client in
                let world = RunningGateway(
                  client: client, redis: redis, server: server, telegram: telegram, orders: orders, wallet: wallet,
                  bus: gateway.bus, port: own.httpPort)
                try await world.createClient()
                try await body(world)
              }
            }
          }
        })
    } catch { result = .failure(error) }
    await redis.close()
    try await server.stop()
    try FileManager.default.removeItem(atPath: folder)
    try result.get()
  }

  private init(
    client: BusClient, redis: RedisConnection, server: RedisServer, telegram: FakeTelegram, orders: FakeOrders,
    wallet: FakeWallet, bus: Bus, port: Int
  ) {
    self.client = client
    self.redis = redis
    self.server = server
    self.telegram = telegram
    self.orders = orders
    self.wallet = wallet
    self.bus = bus
    self.port = port
  }

  private func createClient() async throws {
    let hash = Data(SHA256.hash(data: Data("s3cret".utf8)))
    let command = CreateClient(
      client: ClientID(text: "cli_demo"), customer: Self.customer, name: "demo", secretHash: hash,
      action: OperatorAction(actor: "ann", reason: "test", key: "k1"))
    try await client.send(command)
    try await eventually(within: .seconds(20), "the client exists") {
      do {
        return try await count("api_clients") == 1
      } catch is PostgresError { return false }
    }
  }

  func count(_ table: String) async throws -> Int64 {
    try await bus.read { try $0.execute("select count(*) as n from \(table)").rows.first?.int("n") ?? 0 }
  }

  /// A series as `/metrics` shows it; 0 when it is not there yet.
  func metric(_ series: String) async throws -> Double {
    let text = String(decoding: try await call("GET", "/metrics", key: nil).bytes, as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix(series + " ") }
    return line.flatMap { Double($0.dropFirst(series.utf8.count + 1)) } ?? 0
  }

  struct Answer: Sendable {
    let status: Int
    /// `null` where the answer is empty or no JSON.
    let json: JSONValue
    let bytes: [UInt8]
    let header: @Sendable (String) -> String?
  }

  func call(
    _ method: String, _ path: String, key: String? = RunningGateway.key, idempotency: String? = nil,
    body: String? = nil,
    contentType: String = "application/json"
  ) async throws -> Answer {
    var headers: [(String, String)] = []
    if let key { headers.append(("Authorization", key)) }
    if let idempotency { headers.append(("Idempotency-Key", idempotency)) }
    if body != nil { headers.append(("Content-Type", contentType)) }
    let response = try await http.send(
      HTTPRequest(
        method: method, url: "http://127.0.0.1:\(port)\(path)", headers: headers, body: body.map { Array($0.utf8) }))
    let isJSON = response.header("Content-Type")?.contains("json") == true
    return Answer(
      status: response.status, json: isJSON ? try JSONValue(parsing: response.body) : .null, bytes: response.body
    ) { response.header($0) }
  }

  /// A request as bytes, for what no HTTP client sends; the answer as it comes, head and body.
  func answer(toBytes text: String) async throws -> String { try await rawAnswer(port: port, Array(text.utf8)) }

  static let order = #"{"receiver":"\#(Samples.receiver)","energy":65000,"duration_seconds":3600}"#

  func place(_ key: String, body: String = RunningGateway.order) async throws -> Answer {
    try await call("POST", "/v1/orders", idempotency: key, body: body)
  }

  /// The inputs that the gateway has sent to session-svc, oldest first.
  func inputs() async throws -> [UserInput] {
    let reply = try await redis.send(RedisCommand("XRANGE", .init(Topic.sessionCommands.streamKey(0)), "-", "+"))
    return try (reply.array ?? []).compactMap { entry in
      guard let fields = entry.array?.last?.array, let at = fields.firstIndex(where: { $0.string == "body" }) else {
        return nil
      }
      return try MessageCoder.decode(UserInput.self, from: fields[at + 1].bytes ?? [])
    }
  }

  func show(
    _ text: String, seq: Int64, slot: String = "menu", adopts: String? = nil, isFresh: Bool = false, qr: String? = nil
  ) async throws {
    try await client.send(
      ShowScreen(
        customer: Self.customer, slot: slot, adopts: adopts, isFresh: isFresh, seq: seq,
        screen: Screen(html: BotHTML(text: text), rows: [[.init("ok", .data("v1:ok"))]], qr: qr)))
  }
}
