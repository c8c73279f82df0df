import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing
import TronKit

@testable import WalletSvc

@Suite("Custody beside the chain, on a real bus")
struct CustodyFlowTests {
  static let address = USDT.mainnet

  /// Readings follow each other quickly.
  static func settings(_ treasury: [TronAddress] = [address]) -> WalletSettings {
    var custody = CustodySettings()
    custody.treasury = treasury
    custody.policy.equalReadings = 3
    (custody.pause, custody.openPause, custody.retryPause) = (
      .milliseconds(50), .milliseconds(100), .milliseconds(50)
    )
    return WalletSettings(sources: [], adjustments: .unlimited, custody: custody)
  }

  @Test("what agrees is settled at the first reading, with dust that is booked once a day")
  func agrees() async throws {
    let tx = FakeTxSvc()
    tx.state.withLock { $0.accounts[Self.address] = .init(sun: 1_007, usdt: 50, dust: 7, dustUsdt: 50) }
    try await AdjustmentWorld.run(Self.settings(), tx: tx.service) { world in
      try await world.open("custody:treasury", 1_000)
      try await world.compare("1")
      try await world.state(of: "custody:treasury", .trx, .agrees)
      try await world.state(of: "custody:treasury", .usdt, .agrees)
      try await world.state(of: "custody:deposits", .trx, .agrees)
      let day = Date().formatted(.iso8601.year().month().day())
      try await eventually { try await world.dust() == ["treasury/TRX/\(day) 7", "treasury/USDT/\(day) 50"] }

      tx.state.withLock { $0.accounts[Self.address]?.sun += 3; $0.accounts[Self.address]?.dust += 3 }
      try await world.compare("2")
      try await eventually { try await world.account("custody:treasury", .trx)?.dust == 3 }
      try await world.state(of: "custody:treasury", .trx, .agrees)
      #expect(try await world.dust().count == 2, "once a day")
      // The next day it is, what has come since.
      let tomorrow = Date().addingTimeInterval(86_400)
      try await world.compareTreasury(at: tomorrow)
      let next = tomorrow.formatted(.iso8601.year().month().day())
      try await eventually(within: .seconds(20)) { try await world.dust().contains("treasury/TRX/\(next) 3") }
      #expect(try await world.published(CustodyDiffers.self).isEmpty)
      #expect(try await world.published(OperatorActed.self).count == 3)
    }
  }

  @Test("a difference that stays is told once, watched, and told again when it is gone")
  func differs() async throws {
    let tx = FakeTxSvc()
    tx.state.withLock { $0.accounts[Self.address] = .init(sun: 900) }
    let begun = Int64(Date().timeIntervalSince1970 * 1000) - 1_000
    try await AdjustmentWorld.run(Self.settings(), tx: tx.service) { world in
      try await world.open("custody:treasury", 1_000)
      try await world.compare("1")
      try await world.state(of: "custody:treasury", .trx, .differs)
      let told = try await world.published(CustodyDiffers.self)
      #expect(told.count == 1)
      #expect(
        told.first
          .map { [$0.account, $0.currency.rawValue, "\($0.ledger)", "\($0.chain)", "\($0.difference)"] }
          == ["custody:treasury", "TRX", "1000", "900", "-100"])
      // A database that was restored counts from less than readers know: so the time counts.
      let seq = try #require(told.first?.seq)
      #expect(seq > begun)
      #expect(told.first?.settledAt == nil)
      // Another comparison finds the same: nothing new is told.
      try await world.compare("2")
      try await world.readings(tx, more: 6)
      #expect(try await world.published(CustodyDiffers.self).count == 1)

      let request = AdjustmentRequest(transfer: Money(100, .trx), from: "adjustments", to: "custody:treasury")
      #expect(try await world.send(request, key: "correct").code == "done")
      try await world.state(of: "custody:treasury", .trx, .agrees)
      let settled = try await world.published(CustodyDiffers.self)
      #expect(settled.count == 2)
      let last = try #require(settled.last)
      #expect(last.seq > seq && last.settledAt != nil && last.difference == 0)
    }
  }

  @Test("coins of which nothing was ever booked ask to be booked, and are no incident")
  func unopened() async throws {
    let tx = FakeTxSvc()
    tx.state.withLock {
      $0.accounts[Self.address] = .init(sun: 5_000_000_000)
      $0.wallets = [Self.address]
    }
    try await AdjustmentWorld.run(Self.settings([]), tx: tx.service) { world in
      try await world.client.send(BookOrderCost(order: .make(), cost: Sun(10)))
      try await world.compare("1")
      try await world.state(of: "custody:pool", .trx, .unopened)
      try await world.state(of: "custody:pool", .usdt, .agrees)
      #expect(try await world.published(CustodyDiffers.self).isEmpty)
      // What running orders burned is booked later: within the tolerance.
      try await world.open("custody:pool", 5_000_000_000)
      try await world.compare("2")
      try await world.state(of: "custody:pool", .trx, .agrees)
      tx.state.withLock { $0.accounts[Self.address]?.sun -= 200_000_000 }
      try await world.compare("3")
      try await world.state(of: "custody:pool", .trx, .differs)
    }
  }

  @Test("while tx-svc does not answer, or has not looked through the chain, nothing is compared")
  func away() async throws {
    let tx = FakeTxSvc()
    tx.state.withLock {
      $0.isAway = true
      $0.accounts[Self.address] = .init(sun: 1)
    }
    try await AdjustmentWorld.run(Self.settings(), tx: tx.service) { world in
      try await world.open("custody:treasury", 5)
      try await world.compare("1")
      try await eventually {
        try await world.account("custody:treasury", .trx)?.detail.contains("chain_unreachable") == true
      }
      tx.state.withLock { ($0.isAway, $0.blocksBehind) = (false, 21) }
      try await eventually {
        try await world.account("custody:treasury", .trx)?.detail.contains("looked through the chain up to 979") == true
      }
      let view = try #require(try await world.account("custody:treasury", .trx))
      #expect(view.state == .pending && view.comparedAt == nil)
      #expect(try await world.published(CustodyDiffers.self).isEmpty)
      let row = try #require(
        try await world.pool.withSession { try CustodyReport.rows(.treasury, $0) }.first { $0.id == "treasury/TRX" })
      let registry = MetricsRegistry()
      CustodyReport.measure(row, now: row.createdAt.addingTimeInterval(130_000), registry)
      #expect(
        registry.render().contains(
          #"energy_wallet_custody_age_seconds{account="custody:treasury",currency="TRX"} 130000"#))
      tx.state.withLock { ($0.blocksBehind, $0.accounts[Self.address]) = (20, .init(sun: 5)) }
      try await world.state(of: "custody:treasury", .trx, .agrees)
    }
  }

  @Test("an address that tx-svc does not watch any more is asked for again")
  func unwatched() async throws {
    let tx = FakeTxSvc()
    let other = USDT.nile
    tx.state.withLock { $0.unwatched = [Self.address, other] }
    try await AdjustmentWorld.run(Self.settings(), tx: tx.service) { world in
      for (address, confirmed) in [(Self.address, "- interval '1 hour'"), (other, "+ interval '1 hour'")] {
        try await world.execute(
          """
          insert into deposit_addresses (id, place, state, from_block, asked_at, watched_at, created_at) values
            ('\(address.base58)', 'treasury', 'watched', 7, now(), now() \(confirmed), now())
          """)
      }
      try await world.compare("1")
      try await eventually(within: .seconds(20), "asked for again") {
        try await world.published(WatchAddresses.self).map(\.addresses) == [[Self.address]]
      }
      // Confirmed after tx-svc was asked for the balances.
      #expect(try await world.count("deposit_addresses where id = '\(other.base58)' and state = 'watched'") == 1)
    }
  }

  @Test("whatever keeps it from comparing stands in the row, and it is tried again")
  func failing() async throws {
    let tx = FakeTxSvc()
    try await AdjustmentWorld.run(Self.settings(), tx: tx.service) { world in
      try await world.execute("alter table custody_dust rename to hidden")
      try await world.compare("1")
      try await eventually(within: .seconds(20)) {
        try await world.account("custody:treasury", .trx)?.detail.hasPrefix("not compared: ") == true
      }
      try await world.execute("alter table hidden rename to custody_dust")
      try await world.state(of: "custody:treasury", .trx, .agrees)
    }
  }

  @Test("money that moves while it is compared is no difference")
  func moving() async throws {
    let tx = FakeTxSvc()
    tx.state.withLock { $0.accounts[Self.address] = .init(sun: 1_000) }
    try await AdjustmentWorld.run(Self.settings(), tx: tx.service) { world in
      try await world.open("custody:treasury", 900)
      try await world.compare("1")
      // On the chain first, in the books a moment later, many times over.
      for number in 0..<40 {
        let request = AdjustmentRequest(transfer: Money(100, .trx), from: "custody:treasury", to: "revenue")
        #expect(try await world.send(request, key: "move-\(number)").code == "done")
        if number < 39 { tx.state.withLock { $0.accounts[Self.address]?.sun += 100 } }
      }
      try await world.state(of: "custody:treasury", .trx, .agrees)
      #expect(try await world.published(CustodyDiffers.self).isEmpty)
    }
  }

  @Test("asks for a hundred addresses at a time, and for those only that have seen money")
  func addresses() async throws {
    let tx = FakeTxSvc()
    let treasury = try (0..<250).map {
      try PrivateKey(bytes: [UInt8](repeating: 0, count: 30) + [1, UInt8($0)]).address
    }
    tx.state.withLock { state in for address in treasury { state.accounts[address] = .init(sun: 2) } }
    try await AdjustmentWorld.run(Self.settings(treasury), tx: tx.service) { world in
      try await world.open("custody:treasury", 500)
      try await world.compare("1")
      try await world.state(of: "custody:treasury", .trx, .agrees)
      #expect(tx.state.withLock(\.asked) == [100, 100, 50])
      #expect(try await world.account("custody:treasury", .trx)?.addresses == 250)

      let found = try await world.pool.transaction { session in
        _ = try session.execute(
          "create temp table deposit_addresses (id text, place text, customer text, money_since timestamptz)")
        for (index, values) in ["'cus_a', null", "null, now()", "null, null"].enumerated() {
          _ = try session.execute(
            "insert into deposit_addresses values ('\(treasury[index].base58)', 'deposits', \(values))")
        }
        _ = try session.execute(
          "insert into deposit_addresses values ('\(treasury[3].base58)', 'treasury', null, null)")
        return (
          Set(try CustodyBooks.addresses(.deposits, session)), try CustodyBooks.addresses(.treasury, session)
        )
      }
      #expect(found.0 == [treasury[1]] && found.1 == [treasury[3]])
    }
  }
}

extension AdjustmentWorld {
  /// Books what was there at the beginning.
  fileprivate func open(_ account: String, _ amount: Int64) async throws {
    let request = AdjustmentRequest(transfer: Money(amount, .trx), from: account, to: "adjustments")
    #expect(try await send(request, key: "open-\(account)").code == "done")
  }

  fileprivate func compare(_ key: String) async throws {
    let command = CompareCustody(action: OperatorAction(actor: "ann", reason: "test", key: key))
    #expect(try await client.command(command, answer: CommandResult.self)?.code == "started")
  }

  fileprivate func account(_ account: String, _ currency: Currency) async throws -> CustodyView.Account? {
    try await client.ask(GetCustody()).accounts.first { $0.account == account && $0.currency == currency }
  }

  fileprivate func state(
    of account: String, _ currency: Currency, _ state: CustodyView.Account.State
  ) async throws {
    try await eventually(within: .seconds(30), "\(account) \(currency.rawValue) \(state.rawValue)") {
      try await self.account(account, currency)?.state == state
    }
  }

  /// As the clock does it, at another time than it says.
  fileprivate func compareTreasury(at round: Date) async throws {
    let time = round.formatted(.iso8601)
    let effect = CustodyComparison(
      place: "treasury", round: try #require(MessageCoder.date(time), "\(time) is no time"))
    let payload = String(decoding: try MessageCoder.encode(effect), as: UTF8.self)
    try await execute("update custody_checks set round = '\(time)', is_over = false where id like 'treasury/%'")
    try await execute(
      """
      insert into effects (id, kind, order_key, payload, correlation, next_at) values
        (gen_random_uuid(), '\(CustodyComparison.kind)', '\(effect.orderKey)', convert_to('\(payload)', 'UTF8'), '',
          now())
      """)
  }

  fileprivate func readings(_ tx: FakeTxSvc, more: Int) async throws {
    let before = tx.state.withLock(\.asked.count)
    try await eventually(within: .seconds(30)) { tx.state.withLock(\.asked.count) >= before + more }
  }

  /// The dust postings, each with its amount.
  fileprivate func dust() async throws -> [String] {
    try await pool.withSession { session in
      try session.execute(
        """
        select substr(id, 6) || ' ' || amount as line from journal
        where kind = 'dust' and debit = 'custody:' || split_part(substr(id, 6), '/', 1) and credit = 'rounding'
        order by 1
        """
      ).rows.map { try $0.string("line") }
    }
  }
}
