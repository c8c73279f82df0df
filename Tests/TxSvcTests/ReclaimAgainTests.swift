import BusKit
import Contracts
import Foundation
import HTTPClient
import Postgres
import Synchronization
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("A reclaim that died")
struct ReclaimAgainTests {
  private static let stake = Sun(5_000_000)

  /// An order whose leg lies on chain, `dead` reclaims of which were settled as dead.
  private static func lend(
    _ number: Int, from wallet: SupplierWallet, _ state: DelegationState, dead: Int, _ unit: UnitOfWork
  ) throws -> ReclaimLeg {
    let receiver = try Samples.address(0xaa)
    let message = PoolWorld.message(number, to: receiver, at: unit.now)
    var delegation = Delegation(message, correlation: "", now: unit.now)
    delegation.state = state
    delegation.durationSeconds = 600
    delegation.startedAtMs = 1_000_000
    delegation.endsAtMs = state == .reclaiming ? 1_600_000 : nil
    try unit.save(delegation)
    let leg = Leg(
      id: "\(message.order)/1", orderID: message.order, supplier: wallet.address, energy: Energy(1), stake: stake,
      state: .solid, reservedBy: nil, isCounted: true, lentTo: receiver, blockNumber: 300, blockTimeMs: 1_000_000)
    try unit.save(leg)
    for index in 0..<dead {
      try unit.save(
        StoredTransaction(
          id: try reclaim(number, index), orderID: message.order, legID: leg.id, purpose: .reclaim, bytes: [1],
          expirationMs: 2_000_000, signedAt: unit.now, state: .dead))
    }
    return ReclaimLeg(legID: leg.id, order: message.order)
  }

  private static func reclaim(_ order: Int, _ index: Int) throws -> TransactionID {
    try TransactionID(bytes: [UInt8](repeating: UInt8(16 * order + index), count: 32))
  }

  private func wallet(_ world: PoolWorld, legs: Int64) async throws -> SupplierWallet {
    var wallet = try world.wallet(trx: 20_000)
    wallet.delegated = Sun(Self.stake.value * legs)
    try await world.stock([wallet])
    return wallet
  }

  private func lent(_ wallet: SupplierWallet, legs: Int64) throws -> @Sendable (inout StubChain.State) -> Void {
    let pair = "\(wallet.address)/\(try Samples.address(0xaa))"
    return { $0.lent[pair] = Self.stake.value * legs }
  }

  private func legs(_ world: PoolWorld) async throws -> [LegState] { try await world.rows(Leg.self).map(\.state) }

  /// Signed, and not settled as dead.
  private func signed(_ world: PoolWorld) async throws -> Int {
    try await world.rows(StoredTransaction.self).count { $0.state != .dead }
  }

  /// Two nodes, the first of which shows nothing lent.
  private static func run(
    _ second: StubChain, _ body: @escaping @Sendable (PoolWorld) async throws -> Void
  ) async throws {
    let servers = try [StubChain(), second].map { try $0.serve() }
    defer { for server in servers { server.stop() } }
    let http = HTTPClient()
    let nodes = TronNodePool(nodes: servers.map { TronNodeClient(baseURL: $0.url, http: http) })
    try await PoolWorld.run(nodes: nodes, body)
    await http.close()
  }

  @Test("an empty answer of one node does not write a leg off that another node shows: it is taken back")
  func oneNodeIsEmpty() async throws {
    let second = StubChain()
    try await Self.run(second) { world in
      let wallet = try await wallet(world, legs: 1)
      second.set(try lent(wallet, legs: 1))
      try await world.bus.transaction { try $0.start(Self.lend(1, from: wallet, .reclaiming, dead: 1, $0)) }
      try await eventually(within: .seconds(20)) { try await legs(world) == [.reclaiming] }
      #expect(try await signed(world) == 1)
    }
  }

  @Test("a leg of which no node shows anything in solid state is written off, and its order has ended")
  func gone() async throws {
    try await Self.run(StubChain()) { world in
      let wallet = try await wallet(world, legs: 1)
      try await world.bus.transaction { try $0.start(Self.lend(1, from: wallet, .reclaiming, dead: 1, $0)) }
      try await eventually(within: .seconds(20)) { try await legs(world) == [.reclaimed] }
      #expect(try await world.published(DelegationReclaimed.self).count == 1)
      #expect(try await world.rows(SupplierWallet.self).map(\.delegated) == [.zero])
      #expect(try await signed(world) == 0)
    }
  }

  @Test("a leg whose dead reclaim took effect is not taken back twice: the sun that lies there is another leg's")
  func anotherLegsSun() async throws {
    try await PoolWorld.run { world in
      let wallet = try await wallet(world, legs: 2)
      world.chain.set(try lent(wallet, legs: 1))
      try await world.bus.transaction {
        _ = try Self.lend(2, from: wallet, .final, dead: 0, $0)
        try $0.start(Self.lend(1, from: wallet, .reclaiming, dead: 1, $0))
      }
      try await eventually(within: .seconds(20)) { try await legs(world) == [.reclaimed, .solid] }
      #expect(try await signed(world) == 0)
      #expect(try await world.rows(SupplierWallet.self).map(\.delegated) == [Self.stake])
    }
  }

  @Test("while a dead reclaim stands in a block nothing is signed; once its effect is solid the leg is back")
  func strayReclaim() async throws {
    try await PoolWorld.run { world in
      let wallet = try await wallet(world, legs: 2)
      world.chain.set(try lent(wallet, legs: 2))
      let effect = try await world.bus.transaction { unit in
        _ = try Self.lend(2, from: wallet, .final, dead: 0, unit)
        var effect = try Self.lend(1, from: wallet, .reclaiming, dead: 1, unit)
        try Self.saveStray(of: effect, wallet.address, unit)
        try unit.start(effect)
        effect.isByHand = true
        return effect
      }
      let short = "energy_tx_reclaims_short_total 1"
      try await eventually(within: .seconds(20)) { world.bus.metrics.render().contains(short) }
      #expect(try await legs(world) == [.solid, .solid])
      #expect(try await signed(world) == 0)
      world.chain.set(try lent(wallet, legs: 1))
      try await world.bus.transaction { try $0.start(effect) }
      try await eventually(within: .seconds(20)) { try await legs(world) == [.reclaimed, .solid] }
      #expect(try await signed(world) == 0)
    }
  }

  private static func saveStray(of effect: ReclaimLeg, _ supplier: TronAddress, _ unit: UnitOfWork) throws {
    let receiver = try Samples.address(0xaa)
    let block = ChainBlock(
      id: try Samples.block(9), number: 9, timestamp: 2_000_000, parent: try Samples.block(8), transactions: [])
    let transaction = StoredTransaction(
      id: try reclaim(1, 0), orderID: effect.order, legID: effect.legID, purpose: .reclaim, bytes: [1],
      expirationMs: 2_000_000, signedAt: unit.now, state: .dead)
    let leg = Leg(
      id: effect.legID, orderID: effect.order, supplier: supplier, energy: Energy(1), stake: stake, state: .solid,
      reservedBy: nil, isCounted: true)
    var delegation = Delegation(
      PoolWorld.message(1, to: receiver, at: unit.now), correlation: "", now: unit.now)
    delegation.state = .reclaiming
    try unit.save(
      StrayTransaction(
        transaction, in: DelegationCase(delegation: delegation, legs: [leg]), block: block, result: "SUCCESS",
        now: unit.now))
  }

  @Test("what an operator starts again acts at once, also after nine reclaims that died, and signs one only")
  func byHand() async throws {
    try await PoolWorld.run { world in
      let wallet = try await wallet(world, legs: 1)
      world.chain.set(try lent(wallet, legs: 1))
      let effect = try await world.bus.transaction { unit in
        let effect = try Self.lend(1, from: wallet, .reclaiming, dead: 9, unit)
        try unit.start(effect, at: unit.now.addingTimeInterval(300))
        return effect
      }
      let (first, second, work) = try await world.client { client in
        let retry = { (key: String) in
          RetryDelegation(order: effect.order, action: OperatorAction(actor: "ann", reason: "stuck", key: key))
        }
        let first = try await client.command(retry("k-1"), answer: CommandResult.self)
        let second = try await client.command(retry("k-2"), answer: CommandResult.self)
        try await eventually(within: .seconds(20)) { try await legs(world) == [.reclaiming] }
        return (first, second, try await client.ask(GetDelegation(order: effect.order)).work.map(\.kind))
      }
      #expect(first?.code == "done" && second?.code == "done")
      #expect(work.contains("tx.send_reclaim"))
      #expect(try await signed(world) == 1)
    }
  }

  @Test("an end is believed when two nodes have come so far, and asked for once, however many reclaims wait for it")
  func witnesses() async throws {
    let chains = [StubChain(), StubChain()]
    let servers = try chains.map { try $0.serve() }
    defer { for server in servers { server.stop() } }
    let http = HTTPClient()
    let pool = TronNodePool(nodes: servers.map { TronNodeClient(baseURL: $0.url, http: http) })
    chains[1].set { $0.head = 995 }
    let time = WitnessedTime()
    #expect(await time.wait(until: 2_990_000, pool, pause: .zero) == .seconds(5), "the second head stands at 2,985,000")
    #expect(await time.wait(until: 2_985_000, pool, pause: .zero) == nil)
    chains[1].set { $0.head = 1_000 }
    #expect(await time.wait(until: 2_990_000, pool, pause: .seconds(60)) == nil)
    let calls = chains[0].calls("getblock")
    #expect(await time.wait(until: 3_000_000, pool, pause: .seconds(60)) == nil)
    let rest = try #require(await time.wait(until: 3_000_001, pool, pause: .seconds(60)), "it was asked a moment ago")
    #expect(rest > .zero && rest <= .seconds(60))
    #expect(chains[0].calls("getblock") == calls)
    chains[1].set { $0.head = 1_001 }
    let alone = TronNodePool(nodes: [TronNodeClient(baseURL: servers[1].url, http: http)])
    #expect(await WitnessedTime().wait(until: 3_003_000, alone, pause: .zero) == nil)
    await http.close()
  }

  @Test("heads that fall short of an end are counted when they are asked for, not while it is waited for")
  func shortOfIt() async throws {
    let (chain, http) = (StubChain(), HTTPClient())
    let server = try chain.serve()
    defer { server.stop() }
    let pool = TronNodePool(nodes: [TronNodeClient(baseURL: server.url, http: http)])
    let time = WitnessedTime()
    let short = Mutex(0)
    for _ in 0..<3 {
      let wait = await time.wait(until: 3_000_001, pool, pause: .seconds(60)) {
        short.withLock { $0 += 1 }
      }
      #expect(wait != nil)
    }
    let count = short.withLock { $0 }
    #expect(count == 1)
    await http.close()
  }

  @Test("reclaims that ask at the same time are served by one question")
  func together() async throws {
    let chains = [StubChain(), StubChain()]
    let servers = try chains.map { try $0.serve() }
    defer { for server in servers { server.stop() } }
    let http = HTTPClient()
    let pool = TronNodePool(nodes: servers.map { TronNodeClient(baseURL: $0.url, http: http) })
    _ = await pool.usableNodes()
    let before = chains.map { $0.calls("getblock") }
    let time = WitnessedTime()
    let waits = await withTaskGroup(of: Duration?.self) { group in
      for number in Int64(0)..<50 {
        group.addTask { await time.wait(until: 2_990_000 + number, pool, pause: .seconds(60)) }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(waits.count == 50 && waits.allSatisfy { $0 == nil })
    #expect(chains.map { $0.calls("getblock") } == before.map { $0 + 1 })
    await http.close()
  }

  @Test("two entries of one host are one witness")
  func oneHost() async throws {
    let chains = [StubChain(), StubChain()]
    let servers = try chains.map { try $0.serve() }
    defer { for server in servers { server.stop() } }
    let http = HTTPClient()
    let nodes = [servers[0], servers[0], servers[1]].map { TronNodeClient(baseURL: $0.url, http: http) }
    chains[1].set { $0.head = 995 }
    let pool = TronNodePool(nodes: nodes)
    #expect(await WitnessedTime().wait(until: 3_000_000, pool, pause: .zero) != nil)
    #expect(await WitnessedTime().wait(until: 2_985_000, pool, pause: .zero) == nil)
    await http.close()
  }

  @Test("one head where two could be had is believed once, and a node that seems to lag is a witness if it moves")
  func poisoned() async throws {
    let chains = [StubChain(), StubChain()]
    let servers = try chains.map { try $0.serve() }
    let http = HTTPClient()
    let pool = TronNodePool(nodes: servers.map { TronNodeClient(baseURL: $0.url, http: http) })
    // The first tells of the future, so that the other seems to lag.
    chains[0].set { $0.head = 5_000 }
    _ = await pool.usableNodes()
    let time = WitnessedTime()
    #expect(await time.wait(until: 3_003_000, pool, pause: .zero) != nil)
    chains[1].set { $0.head = 1_001 }
    #expect(await time.wait(until: 3_006_000, pool, pause: .zero) != nil)
    #expect(await time.wait(until: 3_003_000, pool, pause: .zero) == nil)
    servers[1].stop()
    let late = WitnessedTime()
    #expect(await late.wait(until: 9_000_000, pool, pause: .zero) == nil, "nobody else answers")
    let again = try chains[1].serve()
    let both = TronNodePool(nodes: [servers[0], again].map { TronNodeClient(baseURL: $0.url, http: http) })
    #expect(await late.wait(until: 9_000_000, both, pause: .zero) != nil, "the other is back")
    servers[0].stop()
    again.stop()
    await http.close()
  }

  @Test("a final leg whose end nobody asks for is told as late, and one whose time is not over is not")
  func forgotten() async throws {
    try await PoolWorld.run { world in
      let wallet = try await wallet(world, legs: 2)
      let effect = try await world.bus.transaction { unit in
        let effect = try Self.lend(1, from: wallet, .final, dead: 0, unit)
        let other = try Self.lend(2, from: wallet, .final, dead: 0, unit)
        var young = try #require(try unit.find(Delegation.self, other.order.text))
        young.startedAtMs = PoolWorld.headMs - 899_000
        try unit.save(young)
        try unit.start(FindLateReclaims())
        return effect
      }
      try await eventually(within: .seconds(20)) { try await !world.published(ReclaimOverdue.self).isEmpty }
      let told = try await world.published(ReclaimOverdue.self)
      #expect(told.map(\.leg) == [effect.legID])
      #expect(told.first?.dueAt == Date(chainMilliseconds: 1_600_000))
      #expect(told.first?.reason == "its end was not asked for")
    }
  }
}
