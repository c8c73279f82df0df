import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("A head that is too old to sign on")
struct OldHeadTests {
  private static let held = #"energy_tx_delegations_held_total{why="old_head"}"#

  private func held(_ world: PoolWorld) -> Bool { world.bus.metrics.render().contains(Self.held) }

  private func order(_ number: Int, _ world: PoolWorld) async throws {
    let receiver = try Samples.address(UInt8(100 + number))
    try await world.bus.transaction { try $0.publish(PoolWorld.message(number, to: receiver, at: $0.now)) }
  }

  @Test("delegations wait for a head that is young enough; what was signed before is confirmed meanwhile")
  func waits() async throws {
    try await PoolWorld.run(change: { $0.headAgeMax = .seconds(30) }) { world in
      try await world.stock([try world.wallet(trx: 27_000)])
      let nowMs = try await world.now().chainMilliseconds
      try await world.setHead(timeMs: nowMs)
      try await eventually(within: .seconds(20), "the gate opens") { world.world.headGate.obstacle == nil }
      try await order(1, world)
      try await eventually(within: .seconds(20)) { try await world.rows(StoredTransaction.self).count == 1 }
      #expect(!held(world))

      try await world.setHead(timeMs: nowMs - 600_000)
      try await order(2, world)
      try await eventually(within: .seconds(20), "the second order waits") { held(world) }
      let first = try #require(try await world.rows(StoredTransaction.self).first)
      let cursor = try #require(try await world.rows(BlockCursor.self).first)
      let block = ChainBlock(
        id: try Samples.block(10), number: cursor.number + 1, timestamp: cursor.timeMs + 3_000, parent: cursor.blockID,
        transactions: [ChainTransaction(id: first.id, contractRet: "SUCCESS", rawBytes: [])])
      let findings = BlockFindings(world: world.world, bus: world.bus)
      #expect(try await findings.advance(cursor, to: block, headNumber: block.number, intervalMs: 3_000) != nil)
      let confirmed = try await world.published(DelegationConfirmed.self)
      #expect(confirmed.map(\.order) == [first.orderID])
      #expect(try await world.rows(StoredTransaction.self).count == 1)

      try await world.setHead(timeMs: nowMs)
      try await eventually(within: .seconds(20)) { try await world.rows(StoredTransaction.self).count == 2 }
    }
  }

  @Test("effects that need a fresh head are not even taken while there is none, and all run once there is")
  func effectsRest() async throws {
    try await PoolWorld.run(change: { $0.headAgeMax = .seconds(30) }) { world in
      try await world.stock([try world.wallet(trx: 270_000)])
      try await eventually(within: .seconds(20), "the gate closes") { world.world.headGate.obstacle != nil }
      for number in 1...20 { try await order(number, world) }
      try await eventually(within: .seconds(20), "all wait") { try await world.rows(Delegation.self).count == 20 }
      // The watch has looked at what waits, so that effects could have been taken more than once.
      try await eventually(within: .seconds(20)) { held(world) }
      let taken = try await world.bus.read { session in
        try session.execute(
          "select count(*) as n from effects where kind = $1 and (attempts > 0 or place > 0)",
          [.text(PrepareDelegation.kind)]
        ).rows.first?.int("n")
      }
      #expect(taken == 0)
      try await world.setHead(timeMs: try await world.now().chainMilliseconds)
      try await eventually(within: .seconds(20)) { try await world.rows(StoredTransaction.self).count == 20 }
    }
  }

  @Test("an order that waits for a young head until its deadline fails, and nothing was signed for it")
  func deadline() async throws {
    try await PoolWorld.run(change: { $0.headAgeMax = .seconds(30) }) { world in
      try await world.stock([try world.wallet(trx: 27_000)])
      let receiver = try Samples.address(101)
      try await world.bus.transaction { unit in
        try unit.publish(PoolWorld.message(1, to: receiver, at: unit.now.addingTimeInterval(-57)))
      }
      try await eventually(within: .seconds(20)) { try await world.rows(Delegation.self).first?.state == .failed }
      #expect(held(world))
      #expect(try await world.rows(Delegation.self).first?.failure == .deadline)
      #expect(try await world.rows(StoredTransaction.self).isEmpty)
      #expect(try await world.rows(SupplierWallet.self).map(\.reserved) == [.zero])
    }
  }
}
