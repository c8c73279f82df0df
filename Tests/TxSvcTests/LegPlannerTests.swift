import Testing
import TronKit

@testable import TxSvc

/// The sample ratio yields 10 energy for a TRX.
struct LegPlannerTests {
  private func planner(margin: Int64 = 10, legsMax: Int = 8) throws -> LegPlanner {
    LegPlanner(ratio: try Samples.ratio(), marginPermille: margin, legsMax: legsMax)
  }

  private func offers(_ trx: [Int64]) throws -> [LegPlanner.Offer] {
    try trx.enumerated().map {
      LegPlanner.Offer(supplier: try Samples.address(UInt8($0.offset + 1)), available: try Sun(trx: $0.element))
    }
  }

  @Test("a stake has the margin added and is rounded up to the sun")
  func stake() throws {
    #expect(try planner().stake(for: Energy(65_000)) == Sun(6_565_000_000))
    #expect(try planner(margin: 0).stake(for: Energy(65_000)) == Sun(6_500_000_000))
  }

  @Test("a stake is never below the chain's minimum of 1 TRX")
  func minimum() throws {
    #expect(try planner().stake(for: Energy(1)) == Sun(1_000_000))
  }

  @Test("one wallet carries the order when one can: the one with the least to spare")
  func bestFit() throws {
    let plan = try planner().plan(Energy(65_000), offers: offers([50_000, 7_000, 6_000]))
    #expect(plan == [.init(supplier: try Samples.address(2), energy: Energy(65_000), stake: Sun(6_565_000_000))])
  }

  @Test("a large order is split, largest wallet first, the rest in the tightest fit")
  func split() throws {
    let plan = try #require(try planner().plan(Energy(150_000), offers: offers([10_100, 6_060, 7_070])))
    #expect(plan.map(\.energy) == [Energy(100_000), Energy(50_000)])
    #expect(plan.map(\.supplier) == [try Samples.address(1), try Samples.address(2)])
    #expect(plan.map(\.stake) == [Sun(10_100_000_000), Sun(5_050_000_000)])
  }

  @Test(
    "what the pool cannot carry is refused whole",
    arguments: [
      ([], 8), ([6_564], 8), ([3_000, 3_000], 8), ([2_200, 2_200, 2_200], 2),
    ] as [([Int64], Int)])
  func refused(trx: [Int64], legsMax: Int) throws {
    #expect(try planner(legsMax: legsMax).plan(Energy(65_000), offers: offers(trx)) == nil)
  }

  @Test(
    "no plan promises more than a wallet has, whatever the ratio",
    arguments: [
      (180_000_000_000, 18_971_780_957), (180_000_000_000, 16_551_109_184), (180_000_000_000, 2_411_528_185), (7, 3),
    ] as [(Int64, Int64)])
  func bounded(limit: Int64, weight: Int64) throws {
    let ratio = try Samples.ratio(limit: limit, weight: weight)
    let planner = LegPlanner(ratio: ratio, marginPermille: 10, legsMax: 8)
    for trx: Int64 in [1, 2, 17, 1_000, 99_999, 5_000_000] {
      let available = Sun(trx * Sun.perTRX + 1)
      let energy = try planner.carried(by: available)
      guard energy > .zero else { continue }
      let stake = try planner.stake(for: energy)
      #expect(stake <= available)
      #expect(try ratio.energy(for: stake) >= energy)
    }
  }
}
