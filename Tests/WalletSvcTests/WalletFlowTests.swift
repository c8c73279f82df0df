import BusKit
import Contracts
import Foundation
import Logging
import Postgres
import TestKit
import Testing
import TronKit

@testable import WalletSvc

@Suite("wallet-svc on a real bus")
struct WalletFlowTests {
  let customer = CustomerID(text: "cus_test")

  func credit(_ sun: Int64, key: String) -> CreditAccount {
    CreditAccount(
      customer: customer, amount: Sun(sun), action: OperatorAction(actor: "test", reason: "test", key: key))
  }

  @Test("credits once per key, and refuses the key for anything else")
  func creditOnce() async throws {
    try await run { client, pool in
      let first = try await client.command(credit(100, key: "a"), answer: CommandResult.self)
      #expect(first?.code == "done")
      let again = try await client.command(credit(100, key: "a"), answer: CommandResult.self)
      #expect(again?.code == "done" && again?.detail == first?.detail)
      #expect(try await client.command(credit(200, key: "a"), answer: CommandResult.self)?.code == "key_conflict")
      #expect(try await client.command(credit(0, key: "b"), answer: CommandResult.self)?.code == "invalid_amount")
      #expect(
        try await client.ask(GetBalance(customer: customer)) == CustomerBalance(available: Sun(100), held: .zero))
      #expect(try await findings(pool).isEmpty)
    }
  }

  @Test("credits only what still fits when everything that is held comes back")
  func creditFits() async throws {
    try await run { client, pool in
      #expect(try await client.command(credit(.max, key: "a"), answer: CommandResult.self)?.code == "done")
      let order = OrderID.make()
      try await client.send(HoldFunds(order: order, customer: customer, amount: Sun(60)))
      try await balance(client, available: .max - 60, held: 60)
      #expect(try await client.command(credit(1, key: "b"), answer: CommandResult.self)?.code == "invalid_amount")
      try await client.send(ReleaseHold(order: order, customer: customer))
      try await balance(client, available: .max, held: 0)
      #expect(try await findings(pool).isEmpty)
    }
  }

  @Test("holds and captures once, however often it is told to, and the ledger agrees with itself")
  func holdAndCapture() async throws {
    try await run { client, pool in
      _ = try await client.command(credit(100, key: "a"), answer: CommandResult.self)
      let order = OrderID.make()
      for _ in 0..<3 { try await client.send(HoldFunds(order: order, customer: customer, amount: Sun(60))) }
      try await balance(client, available: 40, held: 60)
      for _ in 0..<3 { try await client.send(CaptureHold(order: order, customer: customer, amount: Sun(50))) }
      try await balance(client, available: 50, held: 0)
      for _ in 0..<2 { try await client.send(BookOrderCost(order: order, cost: Sun(7))) }
      let other = OrderID.make()
      try await client.send(ReleaseHold(order: other, customer: customer))
      try await client.send(HoldFunds(order: other, customer: customer, amount: Sun(10)))
      // Handled after all of the above.
      #expect(try await client.command(credit(1, key: "z"), answer: CommandResult.self)?.code == "done")
      try await balance(client, available: 51, held: 0)
      #expect(try await findings(pool).isEmpty)
      let sums = try await pool.withSession { session in
        try session.execute(
          """
          select account, sum(amount)::bigint as total from (
            select credit as account, amount from journal union all select debit, -amount from journal) lines
          group by account
          """
        ).rows.map {
          ("\(try $0.string("account"))", try $0.int("total"))
        }
      }
      let totals = Dictionary(uniqueKeysWithValues: sums)
      #expect(totals["revenue"] == 50 && totals["costs"] == -7)
      #expect(totals["custody:pool"] == 7 && totals["adjustments"] == -101)
    }
  }

  @Test("the database itself refuses a line that makes money, a changed line and a negative balance", arguments: [
    "insert into journal (id, kind, currency, debit, credit, amount, body_hash, created_at)"
      + " values ('x', 'credit', 'TRX', 'a', 'b', 0, '', now())",
    "insert into journal (id, kind, currency, debit, credit, amount, body_hash, created_at)"
      + " values ('x', 'credit', 'TRX', 'a', 'a', 1, '', now())",
    "insert into journal (id, kind, currency, debit, credit, amount, body_hash, created_at)"
      + " values ('credit:a', 'credit', 'TRX', 'a', 'b', 1, '', now())",
    "update journal set amount = amount + 1", "delete from journal", "truncate journal",
    "update accounts set available = -1",
  ])
  func databaseRefuses(_ statement: String) async throws {
    try await run { client, pool in
      _ = try await client.command(credit(100, key: "a"), answer: CommandResult.self)
      await #expect(throws: PostgresError.self) {
        try await pool.transaction { session in _ = try session.execute(statement) }
      }
    }
  }

  @Test("the audit finds a balance that its entries do not explain")
  func audit() async throws {
    try await run { client, pool in
      _ = try await client.command(credit(100, key: "a"), answer: CommandResult.self)
      try await pool.withSession { _ = try $0.execute("update accounts set available = 101, held = 5") }
      let found = try await findings(pool)
      let differences = [
        "customer:cus_test (TRX) is off by 1", "held:cus_test (TRX) is off by 5", "open holds of cus_test is off by 5",
      ]
      for subject in differences {
        #expect(found.contains(subject), "\(found)")
      }
    }
  }

  @Test("keeps a customer's addresses, and answers for chain balances through Redis and Postgres")
  func addressesAndChain() async throws {
    let source = FakeChainSource(.answer(reading(USDT.mainnet)))
    try await run(sources: [source]) { client, pool in
      let save = SaveAddress(customer: customer, address: USDT.mainnet, label: "shop")
      #expect(try await client.command(save, answer: CommandResult.self)?.code == "done")
      #expect(try await client.command(save, answer: CommandResult.self)?.code == "unchanged")
      #expect(
        try await client.ask(GetAddresses(customer: customer)).addresses
          == [SavedAddress(address: USDT.mainnet, label: "shop")])
      let choose = SetDefaultAddress(customer: customer, address: USDT.mainnet)
      #expect(try await client.command(choose, answer: CommandResult.self)?.code == "done")
      #expect(
        try await client.ask(GetAddresses(customer: customer)).addresses
          == [SavedAddress(address: USDT.mainnet, label: "shop", isDefault: true)])
      let remove = RemoveAddress(customer: customer, address: USDT.mainnet)
      #expect(try await client.command(remove, answer: CommandResult.self)?.code == "done")
      #expect(try await client.ask(GetAddresses(customer: customer)).addresses.isEmpty)

      let view = try await client.ask(GetChainAccount(address: USDT.mainnet))
      #expect(view.trx == Sun(5_000_000) && !view.isStale)
      let kept = try await pool.withSession { session in
        try session.execute("select id from chain_accounts").rows.map { try $0.string("id") }
      }
      #expect(kept == [USDT.mainnet.base58])
    }
  }

  private func balance(_ client: BusClient, available: Int64, held: Int64) async throws {
    let expected = CustomerBalance(available: Sun(available), held: Sun(held))
    try await eventually(within: .seconds(20), "balance \(available) + \(held)") {
      try await client.ask(GetBalance(customer: customer)) == expected
    }
  }

  /// Of both checks.
  private func findings(_ pool: PostgresPool) async throws -> [String] {
    try await pool.withSession { session in
      let recent = try LedgerAudit.findings(isFull: false, session)
      let full = try LedgerAudit.findings(isFull: true, session)
      #expect(Set(recent) == Set(full))
      return full
    }
  }

  private func run(
    sources: [any ChainSource] = [], _ body: @escaping @Sendable (BusClient, PostgresPool) async throws -> Void
  ) async throws {
    let redis = try await RedisServer.start()
    let database = try await PostgresServer.shared().createDatabase()
    let logger = JSONLog.logger(service: "test", level: .warning)
    let postgres = PostgresConfiguration(
      conninfo: database, applicationName: "wallet-svc", searchPath: WalletSvcMain.schema)
    let configuration = ServiceConfiguration(
      redis: redis.configuration, postgres: postgres, poolSize: 3, httpPort: try freePort(), logger: logger)
    let settings = WalletSettings(sources: sources, adjustments: .unlimited)
    let runtime = ServiceRuntime(WalletSvcMain.make(settings), configuration)
    let running = Task { try await runtime.run() }
    let pool = PostgresPool(configuration: postgres, size: 1)
    let result: Result<Void, any Error>
    do {
      try await BusClient(redis: redis.configuration, name: "test", logger: logger).run { try await body($0, pool) }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    runtime.stop()
    _ = await running.result
    await pool.close()
    try await redis.stop()
    try result.get()
  }
}
