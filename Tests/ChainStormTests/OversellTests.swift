import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@Suite(.serialized)
struct OversellTests {
  private static let orders = 64
  private static let served = 10
  /// Five wallets that carry two orders each, and too little beside them for an eleventh.
  private static let options: ChainWorld.Options = {
    var options = ChainWorld.Options()
    options.suppliers = 5
    options.supplierStakeTRX = 14_200
    return options
  }()

  @Test("of 64 concurrent orders on a pool for 10 exactly 10 are delivered, 54 refused and none half-way")
  func oversell() async throws {
    try await ChainWorld.run(Self.options) { world in
      let requests = try await (0..<Self.orders).asyncMap { _ in
        OrderRequest(receiver: try await world.receiver(), energy: Energy(65_000), durationSeconds: 3_600)
      }
      let desk = OrderDesk(world)
      let records = try await desk.atWork { desk in
        try await desk.place(requests)
        try await eventually(within: .seconds(90), "every order is final or failed") {
          desk.records.allSatisfy { $0.isFinal || $0.failure != nil }
        }
        return desk.records
      }
      let delivered = records.filter { $0.isFinal }
      #expect(delivered.count == Self.served)
      #expect(records.count { $0.failure == .poolEmpty } == Self.orders - Self.served)
      let chain = try await world.chainSnapshot()
      #expect(chain.movements.count == Self.served && chain.movements.allSatisfy(\.isDelegate))
      #expect(Set(chain.movements.map(\.to)) == Set(delivered.map(\.receiver)))
      let database = try await world.databaseSnapshot()
      #expect(database.legs.count == Self.served, "a refused order has no leg, not even a buried one")
      #expect(database.legs.allSatisfy { $0.state == "solid" })
      for (address, wallet) in chain.wallets {
        let leased = database.legs.filter { $0.supplier == address }.reduce(0) { $0 + $1.stake }
        #expect(wallet.lent == leased && wallet.lent <= wallet.stake)
      }
    }
  }
}
