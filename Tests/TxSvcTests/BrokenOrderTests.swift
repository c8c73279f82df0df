import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("An order whose rows are broken")
struct BrokenOrderTests {
  @Test("is passed over, unchanged, while the block's other orders and the chain go on")
  func passedOver() async throws {
    let chain = try FakeChain()
    let sound = OrderID(text: "ord_00000000000000000000000000000002")
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let first = try await world.order()
      let second = try await world.order(sound)
      let stranger = try Samples.address(0x77).base58
      try await world.bus.read {
        _ = try $0.execute(
          "update legs set supplier = $1 where order_id = $2", [.text(stranger), .text(Samples.order.text)])
      }
      try chain.produce([FakeChain.Transaction(first), FakeChain.Transaction(second)])
      try chain.produce()
      chain.solidify()
      try await world.settle()
      try await eventually { try await world.told(DelegationFinal.self).map(\.order) == [sound] }
      #expect(world.count("energy_tx_orders_passed_over_total") > 0)
      let broken = try #require(try await world.rows(StoredTransaction.self).first { $0.orderID == Samples.order })
      #expect(broken.state == .signed)
      #expect(broken.blockID == nil)
      #expect(try await world.told(DelegationConfirmed.self).map(\.order) == [sound])
    }
  }

  @Test("holds up no other's end while nothing can be signed")
  func overdue() async throws {
    try await PoolWorld.run(change: { $0.headAgeMax = .seconds(30) }) { world in
      try await world.stock([try world.wallet(trx: 270_000)])
      try await eventually(within: .seconds(20), "the gate closes") { world.world.headGate.obstacle != nil }
      // Whose deadline comes first is looked at first.
      for (number, seconds) in [(1, -56.0), (2, -55.0)] {
        let receiver = try Samples.address(UInt8(100 + number))
        try await world.bus.transaction { unit in
          try unit.publish(PoolWorld.message(number, to: receiver, at: unit.now.addingTimeInterval(seconds)))
        }
      }
      try await eventually(within: .seconds(20)) { try await world.rows(Delegation.self).count == 2 }
      let (broken, stranger) = (try #require(try await world.rows(Delegation.self).first), try Samples.address(0x77))
      try await world.bus.read {
        _ = try $0.execute(
          "update legs set supplier = $1, reserved_by = $1 where order_id = $2",
          [.text(stranger.base58), .text(broken.id.text)])
      }
      try await eventually(within: .seconds(20)) { try await world.rows(Delegation.self).last?.state == .failed }
      let passed = "energy_tx_orders_passed_over_total 1"
      try await eventually(within: .seconds(20)) { world.bus.metrics.render().contains(passed) }
      #expect(try await world.rows(Delegation.self).map(\.state) == [.planned, .failed])
    }
  }
}
