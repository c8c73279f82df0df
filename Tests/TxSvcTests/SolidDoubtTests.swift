import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("What is concluded from solid blocks when nodes tell less, or something else")
struct SolidDoubtTests {
  private static let mainnet = "00000000000000001ebf88508a03865c71d452e25f4d51194196a1d22b6653dc"

  private func transaction(_ world: ChainWorld) async throws -> StoredTransaction {
    try #require(try await world.rows(StoredTransaction.self).first)
  }

  /// Both nodes have the same chain.
  private func produce(_ chains: [FakeChain], _ transactions: [FakeChain.Transaction] = []) throws {
    for chain in chains { try chain.produce(transactions) }
  }

  // MARK: - Effect

  @Test("a block that does not say whether a transaction took effect kills no leg: the receipt decides")
  func unsaid() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let signed = try await world.order()
      try chain.produce([FakeChain.Transaction(signed, result: "")])
      try await eventually { try await transaction(world).state == .inBlock }
      #expect(try await world.told(DelegationConfirmed.self).isEmpty)
      chain.solidify()
      try await eventually(within: .seconds(20)) { try await world.told(DelegationFinal.self).count == 1 }
      #expect(try await world.rows(Leg.self).map(\.state) == [.solid])
      #expect(try await world.told(DelegationFailed.self).isEmpty)
      #expect(try await world.rows(SupplierWallet.self).map(\.delegated) == [Sun(6_565_000_000)])
    }
  }

  @Test("a block that said something else than its receipt is read again, and what both say then decides")
  func readAgain() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let signed = try await world.order()
      chain.state.withLock { $0.resultBeforeSolid = "OUT_OF_ENERGY" }
      try chain.produce([FakeChain.Transaction(signed)])
      try await eventually { try await transaction(world).state == .inBlock }
      chain.solidify()
      try await eventually(within: .seconds(20)) { try await world.told(DelegationFinal.self).count == 1 }
      #expect(world.count("energy_tx_results_doubted_total") == 1)
      #expect(try await world.told(DelegationFailed.self).isEmpty)
      #expect(try await transaction(world).result == "SUCCESS")
    }
  }

  @Test("while block and receipt contradict each other nothing is decided, and later blocks wait")
  func contradiction() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let signed = try await world.order()
      let block = try chain.produce([FakeChain.Transaction(signed, result: "OUT_OF_ENERGY", hasEffect: true)])
      try await eventually { try await transaction(world).state == .inBlock }
      chain.solidify()
      try await eventually(within: .seconds(20)) { world.count("energy_tx_results_doubted_total") > 1 }
      #expect(try await world.scanned() == block.number - 1)
      #expect(try await transaction(world).state == .inBlock)
      #expect(try await world.rows(Leg.self).map(\.state) == [.signed])
      #expect(try await world.told(DelegationFailed.self).isEmpty)
    }
  }

  // MARK: - Foreign blocks

  /// Where our rows put a transaction that is in no block.
  enum Place: Sendable, CaseIterable {
    /// Blocks of another fork: one that is yet to be looked through, and one that was.
    case foreignAhead, foreignBehind
    /// A block that was looked through and does not hold it.
    case solid
  }

  private func block(_ place: Place, _ world: ChainWorld) async throws -> BlockID {
    let scanned = try #require(try await world.scanned())
    return switch place {
    case .foreignAhead: try Samples.block(UInt8(scanned + 1), fork: 9)
    case .foreignBehind: try Samples.block(UInt8(scanned - 1), fork: 9)
    case .solid: world.chain.state.withLock { $0.blocks[Int(scanned)].id }
    }
  }

  @Test("a transaction in a block that does not hold it holds up nothing, and is sent again", arguments: Place.allCases)
  func foreign(place: Place) async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let signed = try await world.order()
      try await world.settle()
      let foreign = try await block(place, world)
      let limits = world.world.limits
      try await world.bus.transaction(needs: DelegationCase.needs(Samples.order)) { unit in
        guard let before = try DelegationCase.load(Samples.order, from: unit) else { return }
        var delegation = before
        try delegation.inBlock(signed.id, block: foreign, timeMs: 1_800_000_000_000, result: "SUCCESS")
        try delegation.settle(try DelegationCase.terms(unit, limits))
        try delegation.save(over: before, to: unit)
      }
      try chain.produce()
      chain.solidify()
      try await world.settle()
      try await eventually(within: .seconds(20)) { try await world.told(DelegationReverted.self).count == 1 }
      #expect(try await transaction(world).state == .signed)
      // Of the same bytes, no others.
      try chain.produce([FakeChain.Transaction(signed)])
      chain.solidify()
      try await eventually(within: .seconds(20)) { try await world.told(DelegationFinal.self).count == 1 }
      #expect(try await world.rows(StoredTransaction.self).map(\.id) == [signed.id])
    }
  }

  // MARK: - One node's word

  @Test("a solid block that one node has alone takes nothing back while another has the one that was followed")
  func foreignSolid() async throws {
    let (first, second) = (try FakeChain(), try FakeChain())
    try await ChainWorld.run(first, others: [second]) { world in
      try await world.settle()
      let signed = try await world.order()
      try produce([first, second], [FakeChain.Transaction(signed)])
      try produce([first, second])
      try await eventually { try await world.told(DelegationConfirmed.self).count == 1 }
      first.state.withLock { $0.solidFork = 7 }
      for chain in [first, second] { chain.solidify() }
      try await eventually(within: .seconds(20)) { world.count("energy_tx_solid_conflicts_total") > 0 }
      try await eventually(within: .seconds(20)) { try await world.told(DelegationFinal.self).count == 1 }
      #expect(try await world.told(DelegationReverted.self).isEmpty)
      #expect(world.count("energy_tx_reorganised_blocks_total") == 0)
    }
  }

  @Test("nor while the other node cannot say")
  func silentWitness() async throws {
    let (first, second) = (try FakeChain(), try FakeChain())
    try await ChainWorld.run(first, others: [second]) { world in
      try await world.settle()
      let signed = try await world.order()
      try produce([first, second], [FakeChain.Transaction(signed)])
      try await eventually { try await world.told(DelegationConfirmed.self).count == 1 }
      first.state.withLock { $0.solidFork = 7 }
      first.solidify()
      try await eventually(within: .seconds(20)) { world.count("energy_tx_solid_conflicts_total") > 1 }
      #expect(try await world.told(DelegationReverted.self).isEmpty)
      #expect(try await transaction(world).state == .inBlock)
    }
  }

  @Test("nothing begins at a solid block that another node contradicts")
  func beginning() async throws {
    let (first, second) = (try FakeChain(), try FakeChain())
    try await ChainWorld.run(first, others: [second]) { world in
      try await world.settle()
      first.state.withLock { $0.solidFork = 7 }
      // As if it had never begun.
      try await world.bus.read { _ = try $0.execute("delete from block_cursor") }
      try await eventually(within: .seconds(20)) { world.count("energy_tx_solid_conflicts_total") > 0 }
      #expect(try await world.cursor() == nil)
      first.state.withLock { $0.solidFork = nil }
      try await eventually(within: .seconds(30)) { try await world.cursor() != nil }
    }
  }

  @Test("a node of a public network whose solid head is its head is not believed")
  func solidAtHead() async throws {
    let genesis = try BlockID(hex: Self.mainnet)
    let chain = try FakeChain(head: 60, solid: 40, genesis: genesis)
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      try chain.produce()
      chain.solidify()
      try await eventually(within: .seconds(20)) { try await world.cursor()?.number == 61 }
      let asked = chain.calls["getblock"] ?? 0
      try await eventually(within: .seconds(20)) { (chain.calls["getblock"] ?? 0) > asked + 6 }
      #expect(try await world.scanned() == 40)
      #expect(try await world.cursor()?.solidNumber == 40)
    }
  }
}
