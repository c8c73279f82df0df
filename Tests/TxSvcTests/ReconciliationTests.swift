import BusKit
import Contracts
import Foundation
import HTTPClient
import Postgres
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("Ledger and chain are compared")
struct ReconciliationTests {
  private static func surroundings(_ world: inout TxEnvironment) {
    world.reconcilePause = .milliseconds(50)
    world.ledgerPause = .milliseconds(50)
  }

  /// An order whose leg lies on chain for good.
  private static func lend(
    _ sun: Int64, from wallet: TronAddress, to receiver: TronAddress, _ unit: UnitOfWork
  ) throws {
    let message = PoolWorld.message(Int.random(in: 1...1_000_000_000), to: receiver, at: unit.now)
    var delegation = Delegation(message, correlation: "", now: unit.now)
    delegation.state = .final
    delegation.startedAtMs = PoolWorld.headMs
    try unit.save(delegation)
    try unit.save(
      Leg(
        id: "\(message.order)/1", orderID: message.order, supplier: wallet, energy: Energy(1), stake: Sun(sun),
        state: .solid, reservedBy: nil, isCounted: true, lentTo: receiver, blockNumber: 800, blockTimeMs: 0))
  }

  private static func walk(_ wallet: TronAddress, _ world: PoolWorld) async throws {
    try await world.bus.transaction(needs: [.row(Reconciliation.self, wallet.base58)]) { unit in
      try ReconcileTicks.begin(wallet, night: unit.now, unit)
    }
    try await eventually(within: .seconds(20), "the end of the walk") {
      try await world.rows(Reconciliation.self).first { $0.id == wallet }?.finishedAt != nil
    }
  }

  @Test("each kind of difference is told once after two solid blocks, and once more when it is settled")
  func kinds() async throws {
    try await PoolWorld.run(change: Self.surroundings) { world in
      let wallet = try world.wallet(trx: 20_000)
      let from = wallet.address
      let receivers = try (1...50).map { try Samples.address(UInt8(100 + $0)) }
      let (agreed, amount, missing, unknown) = (receivers[0], receivers[1], receivers[2], try Samples.address(0xee))
      try await world.stock([wallet])
      try await world.bus.transaction { unit in
        for receiver in receivers { try Self.lend(5_000_000, from: from, to: receiver, unit) }
      }
      world.chain.set { chain in
        for receiver in receivers { chain.lent["\(from)/\(receiver)"] = 5_000_000 }
        chain.lent["\(from)/\(amount)"] = 4_000_000
        chain.lent["\(from)/\(missing)"] = nil
        chain.lent["\(from)/\(unknown)"] = 9_000_000
      }
      try await Self.walk(from, world)
      let run = try #require(try await world.rows(Reconciliation.self).first)
      #expect(run.pairs == 51)
      #expect(run.suspects == 3)
      #expect(run.afterReceiver == (receivers + [unknown]).map(\.base58).max())
      try await eventually { try await world.rows(LedgerDifference.self).count == 3 }
      #expect(try await world.published(LedgerDiffers.self).isEmpty, "one solid block is not enough")

      world.chain.set { $0.head += 1 }
      try await eventually(within: .seconds(20)) { try await world.published(LedgerDiffers.self).count == 3 }
      let told = try await world.published(LedgerDiffers.self)
      let kinds = Dictionary(uniqueKeysWithValues: told.map { ($0.receiver, $0.kind) })
      #expect(kinds == [amount: .amount, missing: .missingDelegation, unknown: .unknownDelegation])
      let strange = try #require(told.first { $0.receiver == unknown })
      #expect(strange.ours == .zero && strange.chain == Sun(9_000_000) && strange.settledAt == nil)
      #expect(!kinds.keys.contains(agreed))

      world.chain.set { $0.lent["\(from)/\(unknown)"] = nil }
      try await world.bus.transaction(needs: ReconcileTicks.needsOfOpen) { try ReconcileTicks.open($0) }
      try await eventually(within: .seconds(20)) { try await world.published(LedgerDiffers.self).count == 4 }
      let settled = try #require(try await world.published(LedgerDiffers.self).last)
      #expect(settled.receiver == unknown && settled.settledAt != nil && settled.seq > strange.seq)
      let view = try await world.client { try await $0.ask(GetLedgerDifferences()) }
      #expect(view.differences.count { $0.state == .reported } == 2)
      #expect(view.differences.last?.receiver == unknown)
      #expect(try await world.rows(Leg.self).allSatisfy { $0.state == .solid }, "the ledger itself is left alone")
    }
  }

  @Test("a wallet's total that our rows do not allow is found by the regular reading, and finds the receiver")
  func total() async throws {
    try await PoolWorld.run(change: Self.surroundings) { world in
      let wallet = try world.wallet(trx: 20_000)
      let (from, unknown) = (wallet.address, try Samples.address(0xee))
      try await world.stock([wallet])
      world.chain.set { $0.lent["\(from)/\(unknown)"] = 9_000_000 }
      try await world.bus.transaction { try $0.start(RefreshWallet(address: from)) }
      try await eventually(within: .seconds(20)) { try await world.rows(LedgerDifference.self).count == 1 }
      world.chain.set { $0.head += 1 }
      try await eventually(within: .seconds(20)) { try await world.rows(LedgerDifference.self).count == 2 }
      world.chain.set { $0.head += 1 }
      try await eventually(within: .seconds(20)) { try await world.published(LedgerDiffers.self).count == 2 }
      let told = try await world.published(LedgerDiffers.self)
      #expect(told.map(\.kind) == [.walletTotal, .unknownDelegation])
      #expect(told.map(\.receiver) == [nil, unknown])
    }
  }

  @Test("of more open differences than one round looks at, each has its turn")
  func turns() throws {
    let wallet = try Samples.address(1)
    let open = (0..<250).map { number in
      LedgerDifference(
        id: "\(number)", wallet: wallet, receiver: nil, kind: .amount, state: .reported, ours: .zero, onChain: .zero,
        solidBlock: 0, since: Samples.now, seq: 1)
    }
    let rounds = (7..<10).map { ReconcileTicks.inTurn(open, $0).map(\.id) }
    #expect(rounds.allSatisfy { Set($0).count == ReconcileTicks.openMax })
    #expect(Set(rounds.joined()) == Set(open.map(\.id)))
    #expect(ReconcileTicks.inTurn(Array(open.prefix(100)), 3).count == 100)
    #expect(ReconcileTicks.inTurn([], 3).isEmpty)
  }

  @Test("a node that is behind leaves the walk to the next one")
  func nextNode() async throws {
    let (behind, ahead, http) = (StubChain(), StubChain(), HTTPClient())
    behind.set { $0.head = 915 }
    ahead.set { $0.head = 920 }
    let servers = [try behind.serve(), try ahead.serve()]
    let nodes = servers.map { TronNodeClient(baseURL: $0.url, http: http) }
    try await PoolWorld.run(nodes: TronNodePool(nodes: nodes), change: Self.surroundings) { world in
      let wallet = try world.wallet(trx: 20_000)
      try await world.stock([wallet])
      try await Self.walk(wallet.address, world)
      #expect(behind.calls("getdelegatedresourceaccountindexv2") == 0)
      #expect(ahead.calls("getdelegatedresourceaccountindexv2") > 0)
    }
    for server in servers { server.stop() }
    await http.close()
  }

  @Test("a node that is behind what was followed is not believed")
  func lagging() async throws {
    try await PoolWorld.run(change: Self.surroundings) { world in
      let wallet = try world.wallet(trx: 20_000)
      let (from, receiver) = (wallet.address, try Samples.address(0xaa))
      try await world.stock([wallet])
      try await world.bus.transaction { try Self.lend(5_000_000, from: from, to: receiver, $0) }
      world.chain.set { $0.head = 700 }
      try await world.bus.transaction { try $0.start(CheckLedger(wallet: from, receiver: receiver)) }
      try await eventually { world.chain.calls("getblock") > 0 }
      world.chain.set {
        $0.head = 1_000
        $0.lent["\(from)/\(receiver)"] = 5_000_000
      }
      try await eventually(within: .seconds(30)) { world.chain.calls("getdelegatedresourcev2") > 0 }
      try await eventually(within: .seconds(20), "the end of the check") {
        try await world.bus.read {
          try $0.execute("select 1 from effects where kind = $1", [.text(CheckLedger.kind)]).rows.isEmpty
        }
      }
      #expect(try await world.rows(LedgerDifference.self).isEmpty)
    }
  }
}
