import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("The chain goes another way")
struct ReorganisationTests {
  private func transaction(_ world: ChainWorld) async throws -> StoredTransaction {
    try #require(try await world.rows(StoredTransaction.self).first)
  }

  private func included(_ signed: SignedTransaction, result: String = "SUCCESS") -> FakeChain.Transaction {
    FakeChain.Transaction(signed, result: result)
  }

  @Test("a delegation that was reverted and comes in another block is told as it happens, and becomes final there")
  func includedAgain() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let signed = try await world.order()
      try chain.produce([included(signed)])
      try await eventually { try await world.told(DelegationConfirmed.self).count == 1 }
      chain.revert(1)
      try chain.produce(fork: 1)
      try chain.produce(fork: 1)
      try await eventually(within: .seconds(20)) { try await world.told(DelegationReverted.self).count == 1 }
      #expect(try await transaction(world).state == .signed)
      let block = try chain.produce([included(signed)], fork: 1)
      try await eventually { try await world.told(DelegationConfirmed.self).count == 2 }
      chain.solidify()
      try await eventually(within: .seconds(20)) { try await world.told(DelegationFinal.self).count == 1 }
      let stored = try await transaction(world)
      #expect(stored.blockID == block)
      #expect(stored.state == .solid)
      #expect(try await world.rows(Delegation.self).map(\.seq) == [5])
      #expect(try await world.rows(SupplierWallet.self).map(\.delegated) == [Sun(6_565_000_000)])
    }
  }

  @Test("one that was reverted and then expired is dead once solid time is past it, and built anew once")
  func expired() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let signed = try await world.order()
      try chain.produce([included(signed)])
      try await eventually { try await world.told(DelegationConfirmed.self).count == 1 }
      chain.revert(1)
      // A minute of chain time without it.
      for _ in 0..<620 { try chain.produce(fork: 1) }
      chain.solidify()
      try await eventually(within: .seconds(30), "a new transaction") { chain.pool.count == 2 }
      let states = try await world.rows(StoredTransaction.self).map { ($0.id, $0.state) }
      #expect(states.first { $0.0 == signed.id }?.1 == .dead)
      #expect(states.count == 2)
      try chain.produce([included(chain.pool[1])], fork: 1)
      chain.solidify()
      try await eventually(within: .seconds(20)) { try await world.told(DelegationFinal.self).count == 1 }
      #expect(try await world.rows(SupplierWallet.self).map(\.delegated) == [Sun(6_565_000_000)])
    }
  }

  @Test("one without effect on the fork that is lost and with effect on the other is delivered")
  func failedOnOneFork() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let signed = try await world.order()
      try chain.produce([included(signed, result: "OUT_OF_ENERGY")])
      try await eventually { try await transaction(world).state == .inBlock }
      #expect(try await world.told(DelegationConfirmed.self).isEmpty)
      chain.revert(1)
      try chain.produce([included(signed)], fork: 1)
      try chain.produce(fork: 1)
      try await eventually(within: .seconds(20)) { try await world.told(DelegationConfirmed.self).count == 1 }
      chain.solidify()
      try await eventually(within: .seconds(20)) { try await world.told(DelegationFinal.self).count == 1 }
      #expect(try await world.told(DelegationFailed.self).isEmpty)
    }
  }

  @Test("one that took effect on the fork that is lost and none on the other fails, and its sun is free")
  func effectiveOnOneFork() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let signed = try await world.order()
      try chain.produce([included(signed)])
      try await eventually { try await world.told(DelegationConfirmed.self).count == 1 }
      chain.revert(1)
      try chain.produce([included(signed, result: "OUT_OF_ENERGY")], fork: 1)
      try chain.produce(fork: 1)
      try await eventually(within: .seconds(20)) { try await world.told(DelegationReverted.self).count == 1 }
      chain.solidify()
      try await eventually(within: .seconds(20)) { try await world.told(DelegationFailed.self).count == 1 }
      let burned = try await world.rows(StoredTransaction.self).compactMap(\.fee).reduce(0) { $0 + $1.value }
      #expect(burned > 0)
      #expect(try await world.told(DelegationFailed.self).map(\.cost) == [Sun(burned)])
      #expect(try await world.rows(SupplierWallet.self).map(\.reserved) == [.zero])
      #expect(try await world.rows(SupplierWallet.self).map(\.delegated) == [.zero])
    }
  }

  @Test("down to the solid head all blocks are given up one after another; a solid one never is")
  func deep() async throws {
    let chain = try FakeChain(head: 30, solid: 20)
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      chain.revert(10)
      for _ in 0..<12 { try chain.produce(fork: 2) }
      try await world.settle()
      #expect(world.count("energy_tx_reorganised_blocks_total") == 10)

      // A node of another network, or one that lies.
      chain.revert(14)
      for _ in 0..<20 { try chain.produce(fork: 3) }
      try await eventually(within: .seconds(20)) { world.count("energy_tx_solid_conflicts_total") > 0 }
      let cursor = try #require(try await world.cursor())
      #expect(cursor.number == 20)
      #expect(cursor.solidNumber == 20)
    }
  }

  @Test("a chain that is shorter for a while takes back what it no longer holds")
  func shorter() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      chain.revert(3)
      try chain.produce(fork: 1)
      let head = try chain.produce(fork: 1)
      try await eventually(within: .seconds(20), "the shorter fork") { try await world.cursor()?.blockID == head }
    }
  }

  @Test("a node that lags, or whose solid head jumps back, changes nothing")
  func lagging() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let before = try #require(try await world.cursor())
      chain.state.withLock { $0.solidAnswer = 5 }
      chain.revert(5)
      let asked = chain.calls["getblock"] ?? 0
      try await eventually(within: .seconds(20)) { (chain.calls["getblock"] ?? 0) > asked + 3 }
      let after = try #require(try await world.cursor())
      #expect(after.number == before.number)
      #expect(after.blockID == before.blockID)
      #expect(after.solidNumber == before.solidNumber)
      #expect(try await world.scanned() == before.solidNumber)
    }
  }

  @Test("a gap is followed block by block, each once, at hardly more than a call each")
  func gap() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      _ = try await world.watch([try Samples.address(6)])
      let before = chain.calls
      for salt in 0..<300 {
        let (from, to) = (try Samples.address(1), try Samples.address(2))
        try chain.produce([FakeChain.Transaction(.transfer(owner: from, to: to, amount: Sun(1)), salt: Int64(salt))])
      }
      chain.solidify(behind: 19)
      try await world.settle()
      let kept = try await world.rows(SolidBlock.self).map(\.number)
      #expect(kept == Array(kept[0]...chain.state.withLock { $0.solid }))
      let made = { (call: String) in (chain.calls[call] ?? 0) - (before[call] ?? 0) }
      #expect(made("getblockbynum") < 360)
      #expect(made("gettransactioninfobyblocknum") <= 300)
      #expect(made("getblock") < 40)
      let days = try await world.rows(ChainCallDay.self)
      let counted = days.reduce(0) { $0 + $1.total }
      #expect(counted > 500)
      #expect(counted <= Int64(chain.calls.values.reduce(0, +)))
    }
  }

  @Test("a follower that was frozen and wakes with an old cursor writes nothing")
  func frozen() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let old = try #require(try await world.cursor())
      let block = try chain.produce()
      try await world.settle()
      let findings = BlockFindings(world: world.world, bus: world.bus)
      let stale = ChainBlock(
        id: try BlockID(bytes: Array(block.bytes.prefix(8)) + [UInt8](repeating: 9, count: 24)), number: block.number,
        timestamp: old.timeMs + 100, parent: old.blockID, transactions: [])
      #expect(try await findings.advance(old, to: stale, headNumber: 0, intervalMs: 100) == nil)
      #expect(try await findings.rewind(old) == nil)
      let cursor = try #require(try await world.cursor())
      #expect(cursor.blockID == block)
      #expect(try await world.rows(FollowedBlock.self).last?.blockID == block)
    }
  }

  @Test("a transaction that was settled as dead and is on chain all the same is told when it is solid")
  func stray() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let signed = try await world.order()
      try await world.bus.transaction(needs: DelegationCase.needs(Samples.order)) { unit in
        guard let before = try DelegationCase.load(Samples.order, from: unit) else { return }
        var delegation = before
        let terms = try DelegationCase.terms(unit, world.world.limits)
        try delegation.died(signed.id, note: "a node said so", as: .fails(.chainRefused), terms)
        try delegation.settle(terms)
        try delegation.save(over: before, to: unit)
      }
      try chain.produce([included(signed)])
      try await eventually { world.count("energy_tx_dead_on_chain_total") == 1 }
      #expect(try await world.told(StrayTransactionFound.self).isEmpty)
      // Lost with its block, it is no stray; in another block it is one again.
      chain.revert(1)
      try chain.produce(fork: 1)
      try chain.produce(fork: 1)
      try await eventually(within: .seconds(20)) { try await world.rows(StrayTransaction.self).isEmpty }
      let block = try chain.produce([included(signed)], fork: 1)
      try await eventually { try await world.rows(StrayTransaction.self).count == 1 }
      chain.solidify()
      try await eventually(within: .seconds(20)) { try await world.told(StrayTransactionFound.self).count == 1 }
      let told = try #require(try await world.told(StrayTransactionFound.self).first)
      #expect(told.txID == signed.id)
      #expect(told.stake == Sun(6_565_000_000))
      #expect(told.isEffective)
      #expect(told.isDelegation)
      #expect(told.blockNumber == block.number)
      #expect(try await ChainStatus.view(world.bus).strays == 1)
    }
  }
}
