import TestKit
import Testing
import TronKit

@testable import TxSvc

/// The sample ratio yields 10 energy for a TRX; without a margin 65,000 energy take 6,500 TRX.
@Suite("Which wallets an order is lent from")
struct WalletStrategyTests {
  private func planner(_ choice: WalletChoice, margin: Int64 = 0, legsMax: Int = 8) throws -> LegPlanner {
    LegPlanner(ratio: try Samples.ratio(), marginPermille: margin, legsMax: legsMax, strategy: choice.strategy)
  }

  private func offers(_ trx: [Int64], shared: Set<Int> = []) throws -> [LegPlanner.Offer] {
    try trx.enumerated().map { index, trx in
      LegPlanner.Offer(
        supplier: try Samples.address(UInt8(index + 1)), available: try Sun(trx: trx), isShared: shared.contains(index))
    }
  }

  /// The wallets by number and the energy that each carries.
  private func legs(_ plan: [LegPlanner.PlannedLeg]?) throws -> [[Int64]]? {
    try plan?.map { leg in
      let number = try #require((1...250).first { try Samples.address(UInt8($0)) == leg.supplier })
      return [Int64(number), leg.energy.value]
    }
  }

  @Test(
    "each strategy has its own choice",
    arguments: [
      (.mostFree, [9_000, 30_000, 7_000], 65_000, [[2, 65_000]]),
      (.bestFit, [9_000, 30_000, 7_000], 65_000, [[3, 65_000]]),
      // 13,000 TRX are two orders of this size to the last sun; 7,000 would leave 500 that are of no use.
      (.leastFragmentation, [13_000, 30_000, 7_000], 65_000, [[1, 65_000]]),
      (.mostFree, [4_000, 5_000, 3_000], 65_000, [[2, 50_000], [1, 15_000]]),
      (.bestFit, [4_000, 5_000, 3_000], 65_000, [[2, 50_000], [3, 15_000]]),
      // Two legs are enough; the smallest pair that can is used up and the largest wallet stays whole.
      (.leastFragmentation, [4_000, 5_000, 3_000], 65_000, [[3, 30_000], [1, 35_000]]),
      (.leastFragmentation, [4_000, 5_000, 3_000], 100_000, [[3, 30_000], [1, 40_000], [2, 30_000]]),
    ] as [(WalletChoice, [Int64], Int64, [[Int64]])])
  func choices(choice: WalletChoice, trx: [Int64], energy: Int64, expected: [[Int64]]) throws {
    #expect(try legs(planner(choice).plan(Energy(energy), offers: offers(trx))) == expected)
  }

  @Test(
    "wallets that lend to the receiver already are left out while the others can carry it",
    arguments: WalletChoice.allCases)
  func sharedLast(choice: WalletChoice) throws {
    let planner = try planner(choice)
    let split = try #require(
      try planner.plan(Energy(65_000), offers: offers([50_000, 4_000, 3_000], shared: [0])))
    #expect(try !split.contains { $0.supplier == (try Samples.address(1)) })
    let needed = try #require(try planner.plan(Energy(65_000), offers: offers([50_000, 4_000, 2_000], shared: [0])))
    #expect(try needed.contains { $0.supplier == (try Samples.address(1)) })
  }

  @Test("an order that only the largest wallets can carry within its legs is carried", arguments: WalletChoice.allCases)
  func fewestLegs(choice: WalletChoice) throws {
    let plan = try planner(choice, margin: 10, legsMax: 2).plan(
      Energy(99_000), offers: offers([5_000, 5_000, 4_900, 100]))
    #expect(plan?.count == 2)
  }

  @Test("whatever the pool: nothing is promised twice, nothing above what is there", arguments: WalletChoice.allCases)
  func properties(choice: WalletChoice) throws {
    var random = SeededGenerator(seed: 20_261_121)
    for _ in 0..<500 {
      let ratio = try Samples.ratio(
        limit: 180_000_000_000, weight: Int64.random(in: 2_000_000_000...20_000_000_000, using: &random))
      let legsMax = Int.random(in: 1...8, using: &random)
      let planner = LegPlanner(
        ratio: ratio, marginPermille: Int64.random(in: 0...50, using: &random), legsMax: legsMax,
        strategy: choice.strategy)
      let offers = try (0..<Int.random(in: 0...12, using: &random)).map { index in
        LegPlanner.Offer(
          supplier: try Samples.address(UInt8(index + 1)),
          available: Sun(Int64.random(in: 0...30_000_000_000, using: &random)), isShared: Bool.random(using: &random))
      }
      let energy = Energy(Int64.random(in: 1...1_000_000, using: &random))
      let plan = try planner.plan(energy, offers: offers)
      #expect(try planner.plan(energy, offers: offers.reversed()) == plan, "the order of the offers decides nothing")
      guard let plan else {
        try expectTooSmall(energy, offers, planner)
        continue
      }
      #expect(plan.count <= legsMax)
      #expect(Set(plan.map(\.supplier)).count == plan.count)
      #expect(plan.reduce(0) { $0 + $1.energy.value } == energy.value)
      for leg in plan {
        let offer = try #require(offers.first { $0.supplier == leg.supplier })
        #expect(leg.stake <= offer.available)
        #expect(leg.stake >= LegPlanner.stakeMin)
        #expect(leg.energy > .zero)
        #expect(try ratio.energy(for: leg.stake) >= leg.energy)
      }
    }
  }

  /// The largest wallets, as many as may be, cannot carry it either.
  private func expectTooSmall(_ energy: Energy, _ offers: [LegPlanner.Offer], _ planner: LegPlanner) throws {
    let carried = try offers.map { try planner.carried(by: $0.available).value }.sorted(by: >).prefix(planner.legsMax)
    let most = carried.reduce(0, +)
    #expect(most < energy.value, "\(energy) in \(carried)")
  }
}
