import BusKit
import Contracts
import Foundation
import Logging
import Postgres
import TestKit
import Testing
import TronKit

@testable import MonitorSvc

/// The service itself, with a Redis and a Postgres of its own.
@Suite struct MonitorServiceTests {
  private static let customer = CustomerID(text: "cus_1")

  @Test("a subscriber hears of an empty pool once, and once of its recovery")
  func alerts() async throws {
    try await withService { client, pool in try await story(client, pool) }
  }

  @Test("a difference between ledger and chain is an incident until it is settled, whatever the order of its events")
  func ledger() async throws {
    try await withService { client, pool in
      let incidents = { try await pool.withSession { try MonitorSnapshot.read($0).ledgerIncidents } }
      try await client.send(Self.difference(to: USDT.nile, seq: 1))
      try await client.send(Self.difference(to: USDT.mainnet, seq: 2, isSettled: true))
      try await client.send(Self.difference(to: USDT.mainnet, seq: 1))
      try await eventually { try await count("select 1 from incidents", pool) == 2 }
      try await eventually { try await incidents() == 1 }
      try await client.send(Self.difference(to: USDT.nile, seq: 2, isSettled: true))
      try await eventually { try await incidents() == 0 }
      #expect(try await notices(pool).isEmpty, "customers who subscribed in the bot hear nothing of keys")
    }
  }

  @Test("custody that differs from the chain is an incident until it agrees, whatever the order of its events")
  func custody() async throws {
    try await withService { client, pool in
      let incidents = { try await pool.withSession { try MonitorSnapshot.read($0).custodyIncidents } }
      func event(_ currency: Currency, seq: Int64, isSettled: Bool = false) -> CustodyDiffers {
        CustodyDiffers(
          account: "custody:deposits", currency: currency, ledger: 5, chain: 3, difference: isSettled ? 0 : -2,
          settledAt: isSettled ? Date(timeIntervalSince1970: 2) : nil, seq: seq)
      }
      try await client.send(event(.trx, seq: 1))
      try await client.send(event(.usdt, seq: 2, isSettled: true))
      try await client.send(event(.usdt, seq: 1))
      try await eventually { try await count("select 1 from incidents", pool) == 2 }
      try await eventually { try await incidents() == 1 }
      let open = "select 1 from incidents where id = 'custody/custody:deposits/TRX' and value = -2"
      #expect(try await count(open, pool) == 1)
      try await client.send(event(.trx, seq: 2, isSettled: true))
      try await eventually { try await incidents() == 0 }
      #expect(try await notices(pool).isEmpty, "customers who subscribed in the bot hear nothing of it")
    }
  }

  @Test("late reclaims and strays are incidents until settled, told when the first opens and the last ends")
  func series() async throws {
    try await withService { client, pool in
      try await client.send(SetAlertSubscription(customer: Self.customer, isOn: true, language: "en"))
      try await eventually(within: .seconds(10)) { try await count("select 1 from subscriptions", pool) == 1 }
      let open = { (series: Incident.Series) in
        try await pool.withSession { try MonitorSnapshot.read($0).series[series] }
      }
      try await client.send(Self.late(leg: 1, seq: 1))
      try await client.send(Self.late(leg: 2, seq: 1))
      try await client.send(Self.late(leg: 3, seq: 2, isSettled: true))
      try await client.send(Self.late(leg: 3, seq: 1))
      try await eventually { try await count("select 1 from incidents where seq is not null", pool) == 3 }
      #expect(try await open(.lateReclaims) == 2)
      try await client.send(Self.late(leg: 1, seq: 2, isSettled: true))
      try await eventually { try await open(.lateReclaims) == 1 }
      try await eventually { try await notices(pool).count == 1 }
      try await client.send(Self.late(leg: 2, seq: 2, isSettled: true))
      try await eventually { try await notices(pool).count == 2 }
      #expect(try await open(.lateReclaims) == 0)

      try await client.send(try Self.stray(1, seq: 1, isEffective: false))
      try await client.send(try Self.stray(2, seq: 1))
      try await eventually { try await open(.strays) == 1 }
      try await client.send(try Self.stray(2, seq: 2, isSettled: true))
      try await eventually { try await notices(pool).count == 4 }
      #expect(try await open(.strays) == 0)
      let texts = try await notices(pool).map(\.html.source)
      #expect(texts.map { $0.contains("🔴") } == [true, false, true, false])
      #expect(!texts.contains { $0.contains("ord_") || $0.contains(USDT.mainnet.base58) }, "any customer may subscribe")
    }
  }

  @Test("who subscribes while something is overdue hears of it at once, in the language asked for")
  func lateSubscriber() async throws {
    try await withService { client, pool in
      try await client.send(Self.late(leg: 1, seq: 1))
      try await eventually { try await count("select 1 from incidents where seq is not null", pool) == 1 }
      // Nobody who was subscribed is still to be told, which would be a second notice.
      try await eventually { try await count("select 1 from effects", pool) == 0 }
      try await client.send(SetAlertSubscription(customer: Self.customer, isOn: true, language: "zh"))
      try await eventually { try await notices(pool).count == 1 }
      #expect(try await notices(pool).first?.html.source.contains("能量回收延迟") == true)
    }
  }

  @Test("deposits that are held, records that differ and withdrawals that nobody expected are counted")
  func chainFindings() async throws {
    try await withService { client, pool in
      let id = try TransactionID(bytes: [UInt8](repeating: 1, count: 32))
      try await client.send(
        DepositHeld(
          address: USDT.mainnet, from: USDT.nile, token: nil, amount: 5, reason: .sentByContract, txID: id,
          blockNumber: 12, blockTime: Date(timeIntervalSince1970: 1), seq: 1))
      try await client.send(ChainRecordDiffers(blockNumber: 12, kind: .findings, kept: "0", seen: "1", seq: 1))
      try await client.send(
        UnexpectedWithdrawal(
          address: USDT.mainnet, to: USDT.nile, money: Money(5, .trx), txID: id, blockNumber: 12,
          blockTime: Date(timeIntervalSince1970: 1), seq: 0))
      try await eventually { try await count("select 1 from counters", pool) == 3 }
      let registry = MetricsRegistry()
      MonitorMetrics().update(registry, with: try await pool.withSession { try MonitorSnapshot.read($0) })
      let lines = Set(registry.render().split(separator: "\n").map(String.init))
      #expect(
        lines.isSuperset(of: [
          #"energy_deposits_held_total{reason="sent_by_contract"} 1"#,
          #"energy_deposits_held_total{reason="too_large"} 0"#,
          #"energy_chain_record_differences_total{kind="findings"} 1"#, "energy_unexpected_withdrawals_total 1",
          #"energy_incidents{kind="stray"} 0"#, #"energy_incidents{kind="late_reclaim"} 0"#,
        ]), "\(registry.render())")
    }
  }

  @Test("a ledger that differs is an incident until it is cleared, and contradicted holds are counted")
  func books() async throws {
    try await withService { client, pool in
      let incidents = { try await pool.withSession { try MonitorSnapshot.read($0).bookIncidents } }
      try await client.send(Self.books("cus_1", seq: 1))
      // No capture waits for it.
      try await client.send(Self.books(LedgerDifferenceFound.sealing, seq: 1))
      try await client.send(Self.books("*", seq: 2, isCleared: true))
      try await client.send(Self.books("*", seq: 1))
      try await client.send(
        HoldContradicted(
          order: OrderID(text: "ord_1"), customer: Self.customer, command: CaptureHold.messageType,
          reason: .alreadyReleased, detail: "5 was released", seq: 3))
      try await eventually { try await count("select 1 from incidents", pool) == 3 }
      try await eventually { try await incidents() == 1 }
      try await client.send(Self.books("cus_1", seq: 2, isCleared: true))
      try await eventually { try await incidents() == 0 }
      try await eventually { try await count("select 1 from counters", pool) == 1 }
      let registry = MetricsRegistry()
      MonitorMetrics().update(registry, with: try await pool.withSession { try MonitorSnapshot.read($0) })
      let lines = Set(registry.render().split(separator: "\n").map(String.init))
      #expect(
        lines.isSuperset(of: [
          #"energy_hold_contradictions_total{reason="already_released"} 1"#, "energy_book_incidents 0",
        ]), "\(registry.render())")
      #expect(try await notices(pool).isEmpty, "customers who subscribed in the bot hear nothing of others' money")
    }
  }

  @Test("of an order only its delivery and its end are looked at, and each is counted once")
  func orders() async throws {
    try await withService { client, pool in
      let states: [OrderState] = [.placed, .funded, .delegating, .delivered, .active, .ending, .completed]
      for (seq, state) in states.enumerated() { try await client.send(Self.order(state, seq: Int64(seq + 1))) }
      try await eventually {
        try await count("select 1 from monitored_orders where state = 'completed' and is_ended", pool) == 1
      }
      #expect(try await count("select 1 from inbox", pool) == 2)
      let tallies = try await pool.withSession { try MonitorSnapshot.read($0).counters.mapValues(\.count) }
      #expect(tallies == ["ended:completed": 1, "delivery:le:7.5": 1])
    }
  }

  @Test("incidents that are settled go after a month; open ones, and the alerts themselves, stay")
  func retention() async throws {
    try await withService { _, pool in
      let index = "select 1 from pg_indexes where indexname = 'incidents_settled'"
      try await eventually { try await count(index, pool) == 1 }
      try await pool.withSession {
        _ = try $0.execute(
          """
          insert into incidents (id, state, since, value, seq) values
            ('stray/old', 'resolved', now() - interval '31 days', 1, 2),
            ('stray/new', 'resolved', now() - interval '29 days', 1, 2),
            ('stray/open', 'firing', now() - interval '31 days', 1, 1),
            ('open/stray', 'resolved', now() - interval '31 days', 0, null)
          """)
      }
      let deleted = try await pool.withSession { try Retention.settledIncidents.step(in: $0) }
      #expect(deleted == 1)
      #expect(try await count("select 1 from incidents where id <> 'stray/old'", pool) == 3)
    }
  }

  @Test("an incident has been open since it opened, however often it is told, and settled since it was told last")
  func since() async throws {
    try await withService { client, pool in
      let steps: [(seq: Int64, isCleared: Bool, old: Int)] = [
        (1, false, 0), (2, false, 1), (3, true, 0), (4, true, 0),
      ]
      for (seq, isCleared, old) in steps {
        try await client.send(Self.books("cus_1", seq: seq, isCleared: isCleared))
        try await eventually { try await count("select 1 from incidents where seq = \(seq)", pool) == 1 }
        let aged = "select 1 from incidents where since < now() - interval '30 minutes'"
        #expect(try await count(aged, pool) == old, "event \(seq)")
        try await pool.withSession { _ = try $0.execute("update incidents set since = since - interval '1 hour'") }
      }
    }
  }

  @Test("an ended order is known for as long as its events may come again, which then count nothing")
  func again() async throws {
    try await withService { client, pool in
      func tallies() async throws -> [String: Int64] {
        try await pool.withSession { try MonitorSnapshot.read($0).counters.mapValues(\.count) }
      }
      try await client.send(Self.order(.completed, seq: 7))
      try await eventually { try await tallies() == ["ended:completed": 1, "delivery:le:7.5": 1] }
      for (age, deleted, handled) in [("15 days 23 hours", 0, 2), ("16 days 1 hour", 1, 3)] {
        try await pool.withSession {
          _ = try $0.execute("update monitored_orders set updated_at = now() - interval '\(age)'")
        }
        try await client.send(Self.order(.delivered, seq: 4))
        try await eventually { try await count("select 1 from inbox", pool) == handled }
        #expect(try await tallies() == ["ended:completed": 1, "delivery:le:7.5": 1])
        #expect(try await pool.withSession { try Retention.endedOrders.step(in: $0) } == deleted)
      }
    }
  }

  private static func order(_ state: OrderState, seq: Int64) -> OrderChanged {
    let created = Date(timeIntervalSince1970: 1_790_000_000)
    let isDelivered = [OrderState.delivered, .active, .ending, .completed].contains(state)
    return OrderChanged(
      order: OrderView(
        id: OrderID(text: "ord_1"), customer: customer, origin: .rest, receiver: USDT.mainnet,
        energy: Energy(65_000), durationSeconds: 3_600, price: Sun(1), state: state, createdAt: created,
        deliveredAt: isDelivered ? created.addingTimeInterval(6) : nil, updatedAt: created),
      previous: nil, seq: seq)
  }

  private static func books(_ subject: String, seq: Int64, isCleared: Bool = false) -> LedgerDifferenceFound {
    LedgerDifferenceFound(
      subject: subject, check: "recent",
      findings: [LedgerFinding(.balance, account: "customer:cus_1", currency: .trx, expected: "5", found: "6")],
      foundAt: Date(timeIntervalSince1970: 1), clearedAt: isCleared ? Date(timeIntervalSince1970: 2) : nil, seq: seq)
  }

  /// A service with a Redis and a database of its own, once its tables are there.
  private func withService(
    _ body: @escaping @Sendable (BusClient, PostgresPool) async throws -> Void
  ) async throws {
    let redis = try await RedisServer.start()
    let conninfo = try await PostgresServer.shared().createDatabase()
    let service = MonitorSvcMain.make(MonitorSettings())
    let postgres = PostgresConfiguration(
      conninfo: conninfo, applicationName: service.name, searchPath: service.schema)
    let configuration = ServiceConfiguration(
      redis: redis.configuration, postgres: postgres, poolSize: 2, httpPort: try freePort(),
      logger: JSONLog.logger(service: service.name, level: .error))
    let pool = PostgresPool(configuration: postgres, size: 1)
    try await running(ServiceRuntime(service, configuration)) {
      let logger = JSONLog.logger(service: "test", level: .error)
      try await BusClient(redis: redis.configuration, name: "test", logger: logger).run { client in
        try await eventually(within: .seconds(20)) {
          try await count("select 1 from pg_tables where tablename = 'incidents'", pool) == 1
        }
        try await body(client, pool)
      }
    }
    await pool.close()
    try await redis.stop()
  }

  private static func late(leg: Int, seq: Int64, isSettled: Bool = false) -> ReclaimOverdue {
    ReclaimOverdue(
      order: OrderID(text: "ord_1"), leg: "ord_1/\(leg)", wallet: USDT.mainnet, receiver: USDT.nile,
      stake: Sun(7_000_000), dueAt: Date(timeIntervalSince1970: 1), attempts: 0, reason: "",
      settledAt: isSettled ? Date(timeIntervalSince1970: 2) : nil, seq: seq)
  }

  private static func stray(
    _ number: UInt8, seq: Int64, isEffective: Bool = true, isSettled: Bool = false
  ) throws -> StrayTransactionFound {
    StrayTransactionFound(
      order: OrderID(text: "ord_1"), txID: try TransactionID(bytes: [UInt8](repeating: number, count: 32)),
      supplier: USDT.mainnet, receiver: USDT.nile, stake: Sun(7_000_000), isDelegation: true,
      isEffective: isEffective, blockNumber: 12, settledAt: isSettled ? Date(timeIntervalSince1970: 2) : nil, seq: seq)
  }

  private static func difference(to receiver: TronAddress, seq: Int64, isSettled: Bool = false) -> LedgerDiffers {
    LedgerDiffers(
      kind: .unknownDelegation, wallet: USDT.mainnet, receiver: receiver, ours: .zero, chain: Sun(7_000_000),
      since: Date(timeIntervalSince1970: 1), settledAt: isSettled ? Date(timeIntervalSince1970: 2) : nil, seq: seq)
  }

  private func story(_ client: BusClient, _ pool: PostgresPool) async throws {
    try await client.send(SetAlertSubscription(customer: Self.customer, isOn: true, language: "zh"))
    try await eventually(within: .seconds(10)) { try await count("select 1 from subscriptions", pool) == 1 }
    let levels: [(seq: Int64, available: Int64)] = [
      (1, 500_000), (2, 150_000), (3, 140_000), (4, 210_000), (5, 220_000),
    ]
    for (seq, available) in levels {
      try await client.send(
        PoolChanged(available: Energy(available), delegated: Energy(9), wallets: 2, seq: seq))
      try await eventually(within: .seconds(10)) {
        try await count("select 1 from pool where seq = \(seq)", pool) == 1
      }
    }
    try await eventually(within: .seconds(10)) { try await notices(pool).count == 2 }
    let texts = try await notices(pool).map(\.html.source)
    #expect(texts.first?.contains("能量池不足") == true)
    #expect(texts.last?.contains("能量池已恢复") == true)
    let snapshot = try await pool.withSession { try MonitorSnapshot.read($0) }
    #expect(snapshot.poolAvailable == 220_000)
  }

  private func count(_ sql: String, _ pool: PostgresPool) async throws -> Int {
    try await pool.withSession { try $0.execute(sql).rows.count }
  }

  private func notices(_ pool: PostgresPool) async throws -> [NotifyCustomer] {
    try await pool.withSession { session in
      try session.execute(
        "select body from outbox where type = $1 order by created_at, message_id",
        [.text(NotifyCustomer.messageType)]
      ).rows.map { try MessageCoder.decode(NotifyCustomer.self, from: try $0.bytes("body")) }
    }
  }
}
