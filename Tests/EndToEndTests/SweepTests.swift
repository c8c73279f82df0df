import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

/// Money of strangers arrives on two customers' addresses and goes to the treasury, by the commands that an operator
/// uses, with keys that no service has.
@Suite(.withStack) struct SweepTests {
  @Test("deposits are planned, signed offline, lent energy, swept and posted, and nobody is credited for it")
  func sweep() async throws {
    let stack = try Stack.current()
    let owner = try await Owner(stack)
    let customers = [try await stack.shopper(trx: 0), try await stack.shopper(trx: 0)]
    let addresses = [try await depositAddress(customers[0]), try await depositAddress(customers[1])]
    try await pay(stack, [
      (.usdt, addresses[0], 100_000_000), (.usdt, addresses[1], 30_000_000), (.trx, addresses[1], 20_000_000),
    ])
    try await eventually(within: .seconds(60), "three deposits are credited") {
      try await stack.database.number(
        "select count(*) as n from wallet_svc.deposits where state = 'credited'") == 3
    }

    let plan = try await owner.plan("plan")
    let purposes = plan["transactions"].list.map { $0["purpose"].string }
    #expect(purposes == ["activate", "sweep", "sweep", "sweep"])
    #expect(plan["orders"].list.count == 2)
    try await owner.signFunding("plan")
    try await owner.signSweeps("plan")
    try await owner.broadcast("plan.funding")
    try await eventually(within: .seconds(30), "the first address has an account") {
      try await solid(stack, addresses[0]).isActivated
    }
    try await lend(stack, plan)
    try await owner.broadcast("plan.sweep")
    try await eventually(within: .seconds(60), "the treasury has all tokens") {
      try await solid(stack, stack.folder.treasuryKey.address).token == 130_000_000
    }
    try await expectPosted(stack, plan, addresses)
    try await expectNothingCredited(stack, customers)

    // The same file again changes nothing; and nothing is left that is worth a plan.
    try await owner.broadcast("plan.sweep")
    await #expect(throws: StackError.self) { try await owner.plan("again") }
  }

  /// Until wallet-svc has addresses that tx-svc watches.
  private func depositAddress(_ shopper: Shopper) async throws -> TronAddress {
    var text = ""
    try await eventually(within: .seconds(60), "\(shopper.customer) has a deposit address") {
      text = try await shopper.api.send("GET", "/v1/deposit-address").json["address"].string
      return !text.isEmpty
    }
    return try TronAddress(parsing: text)
  }

  /// What a stranger's wallet does.
  private func pay(_ stack: Stack, _ payments: [(Currency, TronAddress, Int64)]) async throws {
    let stranger = try PrivateKey.generate()
    try await stack.chain.api.post(
      "/sim/accounts", ["address": stranger.address.base58, "trx": 1_000_000_000, "usdt": 1_000_000_000])
    let reference = try await stack.withBus { try await $0.ask(GetTransactionReference(), within: .seconds(20)) }
    for (currency, address, units) in payments {
      let contract: Contract =
        currency == .trx
        ? .transfer(owner: stranger.address, to: address, amount: Sun(units))
        : .triggerSmartContract(
          try SmartContractCall(
            owner: stranger.address, token: reference.token, .transfer(to: address, amount: units)))
      let raw = RawTransaction(
        referencing: try BlockID(hex: reference.referenceBlock), expiration: reference.headTimeMs + 60_000,
        timestamp: reference.headTimeMs, feeLimit: currency == .trx ? .zero : Sun(50_000_000), contract: contract)
      let signed = try raw.signed(with: stranger)
      let answer = try await stack.chain.api.post(
        "/wallet/broadcasthex", ["transaction": Hex.encode(signed.encoded())])
      #expect(answer["txid"].string == signed.id.hex, "\(answer)")
    }
  }

  /// Places the plan's orders as the owner's own customer, as docs/money.md says.
  private func lend(_ stack: Stack, _ plan: JSON) async throws {
    let own = try await stack.shopper(trx: 500)
    for order in plan["orders"].list {
      let request = order["request"]
      let body: [String: any Sendable] = [
        "receiver": request["receiver"].string, "energy": request["energy"].int,
        "duration_seconds": request["duration_seconds"].int, "max_price_sun": request["max_price_sun"].int,
      ]
      let key = [("Idempotency-Key", order["idempotency_key"].string)]
      let placed = try await own.api.send("POST", "/v1/orders", body, headers: key)
      #expect(placed.status == 201, "\(placed.json)")
      _ = try await own.order(placed.json["id"].string, when: .active)
    }
  }

  private func solid(_ stack: Stack, _ address: TronAddress) async throws -> SolidBalancesView.Balance {
    let view = try await stack.withBus {
      try await $0.ask(GetSolidBalances(addresses: [address]), within: .seconds(20))
    }
    return try #require(view.balances.first)
  }

  private func expectPosted(_ stack: Stack, _ plan: JSON, _ addresses: [TronAddress]) async throws {
    func sum(_ purpose: Set<String>, _ currency: String) -> Int64 {
      plan["transactions"].list.filter { purpose.contains($0["purpose"].string) && $0["currency"].string == currency }
        .reduce(0) { $0 + $1["units"].int }
    }
    func posted(_ currency: String, from: String, to: String) async throws -> Int64 {
      try await stack.database.number(
        """
        select coalesce(sum(amount), 0)::bigint as n from wallet_svc.journal
        where kind = 'sweep' and currency = $1 and credit = $2 and debit = $3
        """, [.text(currency), .text("custody:\(from)"), .text("custody:\(to)")])
    }
    try await eventually(within: .seconds(30), "the sweeps are posted") {
      let usdt = try await posted("USDT", from: "deposits", to: "treasury")
      let trx = try await posted("TRX", from: "deposits", to: "treasury")
      return usdt == 130_000_000 && trx == sum(["sweep"], "TRX")
    }
    #expect(try await posted("TRX", from: "treasury", to: "deposits") == sum(["activate", "fund"], "TRX"))
    // What the ledger holds on deposit addresses is what the chain shows there, with what was burned taken off.
    for (currency, chain) in [
      ("TRX", try await solid(stack, addresses[0]).available.value + solid(stack, addresses[1]).available.value),
      ("USDT", 0),
    ] {
      let held = try await stack.database.number(
        """
        select coalesce(sum(case when credit = 'custody:deposits' then -amount else amount end), 0)::bigint as n
        from wallet_svc.journal where currency = $1 and 'custody:deposits' in (debit, credit)
        """, [.text(currency)])
      #expect(held == chain, "\(currency)")
    }
    let fees = try await stack.database.number(
      "select count(*) as n from wallet_svc.journal where kind = 'fee' and debit = 'costs' and currency = 'TRX'")
    #expect(fees >= 1)
  }

  private func expectNothingCredited(_ stack: Stack, _ customers: [Shopper]) async throws {
    #expect(try await stack.database.number("select count(*) as n from wallet_svc.deposits") == 3)
    let credits = try await stack.database.number(
      "select count(*) as n from wallet_svc.journal where credit in ($1, $2)",
      [.text("customer:\(customers[0].customer)"), .text("customer:\(customers[1].customer)")])
    #expect(credits == 3)
  }
}

/// Who has the keys, and runs energyctl.
private struct Owner: Sendable {
  let stack: Stack
  let treasury: String
  private let folder: String

  init(_ stack: Stack) async throws {
    self.stack = stack
    treasury = stack.folder.treasuryKey.address.base58
    folder = stack.folder.path + "/owner"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    try stack.folder.depositKey.withText { try $0.write(toFile: "\(folder)/xprv", atomically: true, encoding: .utf8) }
    let key = stack.folder.treasuryKey.withUnsafeBytes { Hex.encode($0) }
    try key.write(toFile: "\(folder)/key", atomically: true, encoding: .utf8)
    try await stack.chain.api.post("/sim/accounts", ["address": treasury, "trx": 1_000_000_000])
    let address = stack.folder.treasuryKey.address
    try await eventually(within: .seconds(30), "the treasury is on chain") {
      try await stack.withBus { try await $0.ask(GetSolidBalances(addresses: [address]), within: .seconds(20)) }
        .balances.first?.isActivated == true
    }
  }

  @discardableResult
  func plan(_ name: String) async throws -> JSON {
    try await stack.energyctl("deposits", "sweep-plan", "--to", treasury, "--out", "\(folder)/\(name)")
    return try read(name)
  }

  func signSweeps(_ name: String) async throws { try await sign(name, ["--xprv-file", "\(folder)/xprv"]) }

  func signFunding(_ name: String) async throws {
    try await sign(name, ["--key-file", "\(folder)/key", "--xpub-file", stack.folder.secret("deposit-xpub")])
  }

  private func sign(_ name: String, _ keys: [String]) async throws {
    let digest = try read(name)["digest"].string
    try await stack.energyctl(
      ["tron", "sign", "--plan", "\(folder)/\(name)", "--to", treasury, "--digest", digest, "--yes"] + keys)
  }

  func broadcast(_ name: String) async throws {
    try await stack.energyctl("tron", "broadcast", "\(folder)/\(name)", "--actor", "test", "--reason", "sweep")
  }

  private func read(_ name: String) throws -> JSON {
    try JSON(parsing: [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))))
  }
}
