import BusKit
import Contracts
import Foundation
import Logging
import Postgres
import Synchronization
import TestKit
import Testing
import TronKit

@testable import SessionSvc

/// The service itself, with a Redis and a Postgres of its own; the services that it asks are played by the test.
@Suite struct SessionServiceTests {
  /// order-svc, wallet-svc and tx-svc, as far as they are asked.
  private static func neighbour(_ name: String, _ fill: (inout Service) -> Void) -> Service {
    var service = Service(name: name, schema: name.replacingOccurrences(of: "-", with: "_"), migrations: [])
    fill(&service)
    return service
  }

  private static func neighbours() throws -> [Service] {
    let facts = try Sample.facts(chain: try Sample.chain(), pool: try Sample.pool([1_000_000]))
    let chain = try #require(facts.chain)
    let pool = try #require(facts.pool)
    return [
      neighbour(ServiceName.order) {
        $0.answer(GetQuote.self) { _, _ in facts.quote }
        $0.answer(GetPrices.self) { _, _ in Sample.prices() }
      },
      neighbour(ServiceName.wallet) {
        $0.answer(GetBalance.self) { _, _ in facts.balance }
        $0.answer(GetAddresses.self) { _, _ in SavedAddresses(addresses: []) }
        $0.answer(GetChainAccount.self) { _, _ in chain }
      },
      neighbour(ServiceName.tx) { $0.answer(GetPool.self) { _, _ in pool } },
    ]
  }

  @Test("a customer rents energy: the order is placed once, its message follows the events and never goes back")
  func wholeStory() async throws {
    try await Self.serve(try Self.neighbours()) { redis, pool in try await story(redis, pool) }
  }

  /// Runs the service beside its neighbours.
  private static func serve(
    _ neighbours: [Service], _ body: @escaping @Sendable (RedisServer, PostgresPool) async throws -> Void
  ) async throws {
    let redis = try await RedisServer.start()
    let conninfo = try await PostgresServer.shared().createDatabase()
    let session = SessionSvcMain.make(SessionSettings())
    let pool = PostgresPool(
      configuration: PostgresConfiguration(
        conninfo: conninfo, applicationName: "test", searchPath: session.schema), size: 1)
    let services = try (neighbours + [session]).map { service in
      ServiceRuntime(
        service,
        ServiceConfiguration(
          redis: redis.configuration,
          postgres: PostgresConfiguration(
            conninfo: conninfo, applicationName: service.name, searchPath: service.schema), poolSize: 2,
          httpPort: try freePort(), logger: JSONLog.logger(service: service.name, level: .error)))
    }
    try await running(services) { try await body(redis, pool) }
    await pool.close()
    try await redis.stop()
  }

  private func story(_ redis: RedisServer, _ pool: PostgresPool) async throws {
    let logger = JSONLog.logger(service: "test", level: .error)
    try await BusClient(redis: redis.configuration, name: "test", logger: logger).run { client in
      try await eventually(within: .seconds(20)) { try await tables(pool) }
      var shown = 0
      for kind in [
        UserInput.Kind.text("/start"), .button(data: "v1:e:65000"), .button(data: "v1:d:3600"),
        .text(Sample.receiverText),
      ] {
        try await client.send(
          UserInput(customer: Sample.customer, kind: kind, languageCode: "zh-hans"))
        shown += 1
        try await eventually(within: .seconds(10)) { [shown] in
          try await published(ShowScreen.self, pool).count == shown
        }
      }
      let confirm = try #require(try await published(ShowScreen.self, pool).last?.screen.data.first)
      #expect(confirm.hasPrefix("v1:ok:"))
      for _ in 0..<2 {
        try await client.send(
          UserInput(
            customer: Sample.customer, kind: .button(data: confirm), languageCode: "zh-hans"))
      }
      try await eventually(within: .seconds(10)) { try await !published(PlaceOrder.self, pool).isEmpty }
      let placed = try #require(try await published(PlaceOrder.self, pool).first)
      #expect(placed.priceMax == Sun(3_900_000))
      #expect(placed.receiver == (try Sample.receiver()))
      for (state, seq) in [(OrderState.delivered, Int64(4)), (.delegating, 3), (.completed, 6)] {
        var view = try Sample.view(state, delegate: [try Sample.transaction(1)])
        view.id = placed.order
        try await client.send(OrderChanged(order: view, previous: nil, seq: seq))
      }
      let slot = OrderScreenRow.slot(placed.order)
      try await eventually(within: .seconds(10)) {
        try await published(ShowScreen.self, pool).filter { $0.slot == slot }.map(\.seq).max() == 8
      }
      let screens = try await published(ShowScreen.self, pool).filter { $0.slot == slot }
      #expect(screens.map(\.seq) == screens.map(\.seq).sorted())
      #expect(screens.first?.adopts == "menu")
      #expect(screens.last?.screen.html.source.contains("已结束") == true)
      #expect(try await published(PlaceOrder.self, pool).count == 1)
      #expect(try await published(SaveAddress.self, pool).map(\.address) == [try Sample.receiver()])
    }
  }

  @Test("an unknown language changes nothing; another one of Telegram's is passed on to whoever has alerts on")
  func languages() async throws {
    try await Self.serve([]) { redis, pool in
      let logger = JSONLog.logger(service: "test", level: .error)
      try await BusClient(redis: redis.configuration, name: "test", logger: logger).run { client in
        try await eventually(within: .seconds(20)) { try await tables(pool) }
        let steps = [("v1:al:on", "zh-hans"), ("v1:menu", ""), ("v1:menu", "en"), ("v1:menu", "en")]
        for (number, (data, language)) in steps.enumerated() {
          try await client.send(
            UserInput(customer: Sample.customer, kind: .button(data: data), languageCode: language))
          try await eventually(within: .seconds(10)) {
            try await published(ShowScreen.self, pool).count == number + 1
          }
        }
        #expect(try await published(SetAlertSubscription.self, pool).map(\.language) == ["zh", "en"])
        let shown = try await published(ShowScreen.self, pool).map(\.screen.html.source)
        let hours = try await pool.withSession {
          try $0.execute("select 1 from conversations where updated_at = date_trunc('hour', updated_at)")
            .rows.count
        }
        #expect(hours == 1)
        #expect(shown[1] != shown[2])
        #expect(shown[2] == shown[3])
      }
    }
  }

  @Test("a deposit is told to who uses the bot and to nobody else; an address is assigned with the first question")
  func deposits() async throws {
    let view = try Sample.deposit()
    let assigned = Mutex<DepositAddressView?>(nil)
    let wallet = Self.neighbour(ServiceName.wallet) {
      $0.answer(GetDepositAddress.self) { _, _ in
        guard let known = assigned.withLock({ $0 }) else { throw QueryFailure(code: "no_deposit_address", message: "") }
        return known
      }
      $0.handle(AssignDepositAddress.self) { _, unit in
        assigned.withLock { $0 = view }
        guard let cause = unit.cause else { return }
        try unit.reply(
          DepositAddressAnswer(code: "done", detail: "", address: view), to: cause.replyTo,
          correlation: cause.correlation)
      }
    }
    try await Self.serve([wallet]) { redis, pool in
      let logger = JSONLog.logger(service: "test", level: .error)
      try await BusClient(redis: redis.configuration, name: "test", logger: logger).run { client in
        try await eventually(within: .seconds(20)) { try await tables(pool) }
        try await client.send(
          UserInput(customer: Sample.customer, kind: .text("/deposit"), languageCode: "zh"))
        try await eventually(within: .seconds(10)) { try await !published(ShowScreen.self, pool).isEmpty }
        let shown = try #require(try await published(ShowScreen.self, pool).first)
        #expect(shown.slot == "deposit" && shown.isFresh && shown.screen.qr == view.uri)
        #expect(try await published(AssignDepositAddress.self, pool).map(\.customer) == [Sample.customer])

        let stranger = CustomerID(text: "cus_ffffffffffffffffffffffffffffffff")
        try await client.send(try DepositTests.event(customer: stranger))
        try await client.send(FundsHeld(order: Sample.order, customer: Sample.customer, amount: Sun(1), seq: 3))
        try await client.send(try DepositTests.event(seq: 4))
        try await eventually(within: .seconds(10)) { try await !published(NotifyCustomer.self, pool).isEmpty }
        try await client.send(try DepositTests.event(seq: 5))
        try await eventually(within: .seconds(10)) { try await published(NotifyCustomer.self, pool).count == 2 }
        let told = try await published(NotifyCustomer.self, pool)
        #expect(told.allSatisfy { $0.customer == Sample.customer && $0.html.source.contains("充值已入账") })
      }
    }
  }

  private func tables(_ pool: PostgresPool) async throws -> Bool {
    try await pool.withSession {
      try !$0.execute("select 1 from pg_tables where tablename = 'order_screens'").rows.isEmpty
    }
  }

  /// What the service has written into its outbox, oldest first.
  private func published<M: Message>(_ type: M.Type, _ pool: PostgresPool) async throws -> [M] {
    try await pool.withSession { session in
      try session.execute(
        "select body from outbox where type = $1 order by created_at, message_id", [.text(M.messageType)]
      ).rows.map { try MessageCoder.decode(M.self, from: try $0.bytes("body")) }
    }
  }
}
