import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("A block is dated wrongly")
struct WrongTimeTests {
  @Test("a block that is dated an hour late ends no rental")
  func lateBlock() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      try chain.produce([FakeChain.Transaction(try await world.order())])
      try await eventually { try await world.told(DelegationConfirmed.self).count == 1 }
      chain.solidify()
      try await eventually(within: .seconds(20)) { try await world.told(DelegationFinal.self).count == 1 }
      let startedAtMs = try #require(try await world.rows(Delegation.self).first?.startedAtMs)
      let endsAtMs = startedAtMs + 3_600_000
      chain.state.withLock { $0.datedLate[$0.head + 1] = .max }
      try chain.produce()
      try await eventually { try #require(try await world.cursor()).timeMs >= endsAtMs }
      let (receiver, endsAt) = (try Samples.address(0xaa), Date(chainMilliseconds: endsAtMs))
      try await world.publish(
        ReclaimEnergy(
          order: Samples.order, receiver: receiver, endsAt: endsAt,
          seal: .reclaim(order: Samples.order, receiver: receiver, endsAt: endsAt, key: Samples.orderKey)))
      try await eventually(within: .seconds(20)) { world.count("energy_tx_ends_unwitnessed_total") >= 1 }
      #expect(try await world.rows(Leg.self).map(\.state) == [.solid])
      #expect(try await world.rows(StoredTransaction.self).map(\.purpose) == [.delegate])
    }
  }

  @Test("a wrong time is corrected as soon as the next block contradicts it")
  func correctedTime() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let number = chain.state.withLock { state in
        state.datedLate[state.head + 1] = 1
        return state.head + 1
      }
      try chain.produce()
      try chain.produce()
      try await eventually(within: .seconds(20)) { world.count("energy_tx_wrong_block_times_total") == 1 }
      try await world.settle()
      let times = try await world.rows(FollowedBlock.self).filter { $0.rowKey == FollowedBlock.key(number) }
        .map(\.timeMs)
      #expect(times == [chain.state.withLock { $0.blocks[Int(number)].timestamp }])
      #expect(world.count("energy_tx_reorganised_blocks_total") == 1)
    }
  }
}
