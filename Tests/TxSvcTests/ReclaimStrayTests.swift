import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("Strays are taken back")
struct ReclaimStrayTests {
  private static let stake = Sun(7_000_000)
  private static let others = Sun(5_000_000_000)
  private static let blockNumber: Int64 = 800

  /// A stray delegation of order 1, which has ended, and beside it a live rental of order 2 from the same wallet to the
  /// same receiver.
  private struct Ground: Sendable {
    let world: PoolWorld
    let wallet: SupplierWallet
    let receiver: TronAddress
    let txID: TransactionID
    let order: OrderID
    let other: OrderID

    var pair: String { "\(wallet.address.base58)/\(receiver.base58)" }

    func lend(_ sun: Int64) { world.chain.set { [pair] in $0.lent[pair] = sun } }

    func reclaim(_ key: String, _ id: TransactionID? = nil) async throws -> CommandResult? {
      let command = ReclaimStray(
        txID: id ?? txID, action: OperatorAction(actor: "ann", reason: "test", key: key))
      return try await world.client { try await $0.command(command, answer: CommandResult.self) }
    }

    func setLeg(_ state: LegState) async throws {
      try await change(Leg.self, "\(other)/1") { $0.state = state }
    }

    func change<R: Row>(_ type: R.Type, _ key: String, _ change: @escaping @Sendable (inout R) -> Void) async throws {
      try await world.bus.transaction(needs: [.row(type, key)]) { unit in
        guard var row = try unit.find(type, key) else { throw TestKitError("no row \(key)") }
        change(&row)
        try unit.save(row)
      }
    }
  }

  private func run(
    _ state: DelegationState, result: String = "SUCCESS", _ body: @escaping @Sendable (Ground) async throws -> Void
  ) async throws {
    try await PoolWorld.run { world in
      var wallet = try world.wallet(trx: 27_000)
      wallet.delegated = Self.others
      try await world.stock([wallet])
      let receiver = try Samples.address(0xaa)
      let (ended, live) = (
        PoolWorld.message(1, to: receiver, at: Samples.now), PoolWorld.message(2, to: receiver, at: Samples.now))
      var first = Delegation(ended, correlation: "", now: Samples.now)
      first.state = state
      first.failure = state == .failed ? .chainRefused : nil
      var second = Delegation(live, correlation: "", now: Samples.now)
      second.state = .final
      let leg = Leg(
        id: "\(ended.order)/1", orderID: ended.order, supplier: wallet.address, energy: Energy(65_000),
        stake: Self.stake, state: .dead, reservedBy: nil, isCounted: false,
        txID: try Samples.transaction(7, leg: "").id)
      let other = Leg(
        id: "\(live.order)/1", orderID: live.order, supplier: wallet.address, energy: Energy(65_000),
        stake: Self.others, state: .solid, reservedBy: nil, isCounted: true, lentTo: receiver, blockNumber: 700,
        blockTimeMs: 2_100_000)
      let id = try Samples.transaction(7, leg: leg.id).id
      let transaction = StoredTransaction(
        id: id, orderID: ended.order, legID: leg.id, purpose: .delegate, bytes: [1], expirationMs: 60_000,
        signedAt: Samples.now, state: .dead)
      let block = ChainBlock(
        id: try Samples.block(8), number: Self.blockNumber, timestamp: 2_400_000, parent: try Samples.block(7),
        transactions: [])
      var stray = try StrayTransaction(
        transaction, in: DelegationCase(delegation: first, legs: [leg]), block: block, result: result,
        now: Samples.now)
      stray.isSolid = true
      let (one, two, found) = (first, second, stray)
      try await world.bus.transaction { unit in
        try unit.save(one)
        try unit.save(two)
        try unit.save(leg)
        try unit.save(other)
        try unit.save(transaction)
        try unit.save(found)
      }
      world.chain.set { $0.blockNumbers[id.hex] = Self.blockNumber }
      try await body(
        Ground(
          world: world, wallet: wallet, receiver: receiver, txID: id, order: ended.order, other: live.order))
    }
  }

  @Test("its exact sun is reclaimed, once, and only while the chain lends it beside the live rentals")
  func once() async throws {
    try await run(.failed) { ground in
      let world = ground.world
      ground.lend(Self.others.value + Self.stake.value - 1)
      let short = try await ground.reclaim("short")
      #expect(short?.code == "chain_disagrees", "\(String(describing: short))")
      ground.lend(Self.others.value + Self.stake.value)
      try await ground.setLeg(.reclaiming)
      #expect(try await ground.reclaim("moving")?.code == "not_settled")
      try await ground.setLeg(.solid)
      world.chain.set { $0.blockNumbers = [:] }
      #expect(try await ground.reclaim("absent")?.code == "chain_disagrees")
      world.chain.set { $0.blockNumbers[ground.txID.hex] = Self.blockNumber }
      #expect(try await ground.reclaim("other", try Samples.transaction(9, leg: "").id)?.code == "not_found")
      #expect(try await world.rows(StoredTransaction.self).count == 1, "nothing was signed")

      try await world.setHead(timeMs: PoolWorld.headMs)
      let done = try await ground.reclaim("done")
      #expect(done?.code == "done", "\(String(describing: done))")
      #expect(try await ground.reclaim("done") == done)
      #expect(try await ground.reclaim("again")?.code == "settled")
      try await eventually(within: .seconds(20), "the reclaim is signed") {
        try await world.rows(StoredTransaction.self).count == 2
      }
      let reclaim = try #require(try await world.rows(StoredTransaction.self).first { $0.purpose == .reclaim })
      #expect(reclaim.legID == "\(ground.order)/1")
      #expect(
        try SignedTransaction(decoding: reclaim.bytes).raw().contract
          == .undelegateResource(
            owner: ground.wallet.address, receiver: ground.receiver, resource: .energy, balance: Self.stake))
      #expect(try await world.rows(Leg.self).map(\.state) == [.reclaiming, .solid])
      #expect(try await world.rows(SupplierWallet.self).map(\.delegated) == [try Self.others.adding(Self.stake)])
      let told = try await world.published(StrayTransactionFound.self)
      #expect(told.map(\.seq) == [2])
      #expect(told.first?.isOpen == false)
      #expect(try await world.published(OperatorActed.self).last?.outcome == "settled")
    }
  }

  @Test("its leg is lent again until its reclaim is solid, and the wallet's sums with it")
  func sums() throws {
    let terms = try Samples.terms()
    var order = try Samples.planned(wallets: [try Samples.wallet(1, trx: 10_000)])
    let leg = order.legs[0]
    let stray = try Samples.transaction(7, leg: leg.id)
    try order.signed(stray)
    #expect(throws: InvariantViolation.self) {
      var live = order
      try live.revive(stray.id, blockNumber: 9, timeMs: 4_000)
    }
    try order.died(stray.id, note: "refused", as: .fails(.chainRefused), terms)
    try order.settle(terms)
    #expect(order.delegation.state == .failed)

    try order.revive(stray.id, blockNumber: 9, timeMs: 4_000)
    try order.settle(terms)
    #expect(order.delegation.state == .failing)
    #expect(order.legs[0].blockTimeMs == 4_000, "without it no later look at the chain could prove anything")
    #expect(order.wallets[leg.supplier]?.delegated == leg.stake)
    #expect(order.actions.contains(.reclaim(legID: leg.id, after: .zero)))
    #expect(throws: InvariantViolation.self) { try order.revive(stray.id, blockNumber: 9, timeMs: 4_000) }

    let reclaim = try Samples.transaction(8, leg: leg.id, .reclaim)
    try order.signed(reclaim)
    try order.inBlock(reclaim.id, block: try Samples.block(9), timeMs: 5_000, result: "SUCCESS")
    try order.solid(reclaim.id, fee: .zero, result: nil, terms: terms)
    try order.settle(terms)
    #expect(order.delegation.state == .failed)
    #expect(order.wallets[leg.supplier]?.delegated == .zero)
    #expect(order.wallets[leg.supplier]?.reserved == .zero)
  }

  @Test("an order that has not ended keeps what it has: no customer's time is cut short")
  func notEnded() async throws {
    try await run(.final) { ground in
      ground.lend(Self.others.value + Self.stake.value)
      let early = try await ground.reclaim("early")
      #expect(early?.code == "not_ended")
      #expect(try await ground.world.rows(Leg.self).map(\.state) == [.dead, .solid])
    }
  }

  @Test("what had no effect, or is not solid, is not taken back")
  func nothingLent() async throws {
    try await run(.failed) { ground in
      ground.lend(Self.others.value + Self.stake.value)
      try await ground.change(StrayTransaction.self, ground.txID.hex) { $0.isSolid = false }
      #expect(try await ground.reclaim("young")?.code == "not_settled")
    }
    try await run(.failed, result: "OUT_OF_TIME") { ground in
      ground.lend(Self.others.value + Self.stake.value)
      let void = try await ground.reclaim("void")
      #expect(void?.code == "lends_nothing")
    }
  }
}
