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
}
