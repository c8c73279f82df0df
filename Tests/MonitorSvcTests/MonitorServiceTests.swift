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
    let redis = try await RedisServer.start()
    let conninfo = try await PostgresServer.shared().createDatabase()
    let service = MonitorSvcMain.make(MonitorSettings())
    let postgres = PostgresConfiguration(
      conninfo: conninfo, applicationName: service.name, searchPath: service.schema)
    let configuration = ServiceConfiguration(
      redis: redis.configuration, postgres: postgres, poolSize: 2, httpPort: try freePort(),
      logger: JSONLog.logger(service: service.name, level: .error))
    let pool = PostgresPool(configuration: postgres, size: 1)
    try await running(ServiceRuntime(service, configuration)) { try await story(redis, pool) }
    await pool.close()
    try await redis.stop()
  }

  @Test("a difference between ledger and chain is an incident until it is settled, whatever the order of its events")
  func ledger() async throws {
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
    await pool.close()
    try await redis.stop()
  }

  private static func difference(to receiver: TronAddress, seq: Int64, isSettled: Bool = false) -> LedgerDiffers {
    LedgerDiffers(
      kind: .unknownDelegation, wallet: USDT.mainnet, receiver: receiver, ours: .zero, chain: Sun(7_000_000),
      since: Date(timeIntervalSince1970: 1), settledAt: isSettled ? Date(timeIntervalSince1970: 2) : nil, seq: seq)
  }

  private func story(_ redis: RedisServer, _ pool: PostgresPool) async throws {
    let logger = JSONLog.logger(service: "test", level: .error)
    try await BusClient(redis: redis.configuration, name: "test", logger: logger).run { client in
      try await eventually(within: .seconds(20)) {
        try await count("select 1 from pg_tables where tablename = 'incidents'", pool) == 1
      }
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
