import Contracts
import Foundation
import Testing
import TronKit

@testable import EnergyCtl

/// Prices of the samples: 100 sun for energy, 1,000 for a byte, 1.1 TRX for an account. A transfer of 64,285 energy may
/// then burn 7.7142 TRX (a fifth more), 0.35 TRX for its bytes; one of TRX burns 0.27, lending 0.57.
@Suite("What is done with a deposit address")
struct SweepDecisionTests {
  private let samples: SweepSamples
  private static let burnReserve: Int64 = 7_714_200 + 350_000

  init() throws { samples = try SweepSamples() }

  private func decide(
    _ source: SweepSource, energyFee: Int64 = 100, products: [Product] = SweepSamples.products,
    _ change: (inout SweepSettings) -> Void = { _ in }
  ) throws -> SweepDecision {
    var settings = samples.settings
    change(&settings)
    return try SweepDecision(source, settings, SweepFees(SweepSamples.reference(energyFee: energyFee)), products)
  }

  @Test("lending is cheaper where energy costs 100 sun: only bytes are burned")
  func lends() throws {
    let decision = try decide(try samples.source(usdt: 100_000_000))
    #expect(decision.tokens?.amount == 100_000_000)
    #expect(decision.tokens?.feeLimit == Sun(7_714_200))
    #expect(decision.tokens?.fee == Sun(350_000))
    #expect(
      decision.tokens?.lending
        == .init(energy: Energy(77_142), durationSeconds: 3_600, price: Sun(77_142 * 60), cost: Sun(570_000)))
    #expect(decision.funding == .init(amount: Sun(350_000), isActivation: false, fee: Sun(270_000)))
    #expect(decision.coins == nil)
    #expect(decision.obstacles.isEmpty)
  }

  /// Lending costs 0.57 TRX here, so 5,700 energy at 100 sun, or 64,285 at 8.87.
  @Test("burning is chosen up to what lending costs", arguments: [
    (1, true), (8, true), (9, false), (100, false),
  ] as [(Int64, Bool)])
  func cheaper(energyFee: Int64, isBurned: Bool) throws {
    let decision = try decide(try samples.source(trx: 9_000_000, usdt: 100_000_000), energyFee: energyFee)
    #expect((decision.tokens?.lending == nil) == isBurned)
  }

  /// Burning from an address that has nothing needs funding, and lending too: the bytes are burned either way.
  @Test("what funding costs counts")
  func fundingCounts() throws {
    func way(trx: Int64) throws -> SweepDecision.Lending? {
      try decide(try samples.source(trx: trx, usdt: 100_000_000), energyFee: 5).tokens?.lending
    }
    // 5 sun: burning 0.321425 + 0.35, of at most 0.73571; lending 0.57 + 0.35.
    #expect(try way(trx: 735_710) == nil)
    // Now 0.27 more for burning, as the address has enough for the bytes alone.
    #expect(try way(trx: 735_709) != nil)
    #expect(try way(trx: 350_000) != nil)
    // Both need funding.
    #expect(try way(trx: 349_999) == nil)
  }

  @Test("an address without an account is activated first, and pays its bytes with the free ones")
  func activates() throws {
    let lent = try decide(try samples.source(usdt: 100_000_000, isActivated: false))
    #expect(lent.funding == .init(amount: Sun(1), isActivation: true, fee: Sun(1_100_000)))
    #expect(lent.tokens?.fee == .zero)
    let burned = try decide(try samples.source(usdt: 100_000_000, isActivated: false)) { $0.way = .burn }
    #expect(burned.funding == .init(amount: Sun(7_714_200), isActivation: true, fee: Sun(1_100_000)))
    #expect(burned.tokens?.fee == Sun(6_428_500))
  }

  @Test("what a token transfer may burn at most stays when TRX is swept", arguments: [
    (.burn, burnReserve), (.lend, 350_000),
  ] as [(SweepSettings.Way, Int64)])
  func both(way: SweepSettings.Way, reserve: Int64) throws {
    let decision = try decide(try samples.source(trx: 20_000_000, usdt: 100_000_000)) { $0.way = way }
    #expect(decision.funding == nil)
    #expect(decision.coins == .init(amount: Sun(20_000_000 - reserve - 270_000), fee: Sun(270_000)))
    #expect(decision.transactionCount == 2)
  }

  @Test("an address has exactly what it may need, or is given what is missing", arguments: [
    (burnReserve, nil), (burnReserve - 1, 1), (0, burnReserve),
  ] as [(Int64, Int64?)])
  func shortfall(trx: Int64, funding: Int64?) throws {
    let decision = try decide(try samples.source(trx: trx, usdt: 100_000_000)) { $0.way = .burn }
    #expect(decision.funding?.amount.value == funding)
    #expect(decision.tokens != nil)
    #expect(decision.coins == nil)
  }

  @Test("TRX is swept from --min-trx on, after fee and --keep-trx", arguments: [
    (5_270_000, 0, 5_000_000), (5_269_999, 0, nil), (7_270_000, 2_000_000, 5_000_000), (7_269_999, 2_000_000, nil),
    (0, 0, nil), (1_000, 0, nil),
  ] as [(Int64, Int64, Int64?)])
  func coins(trx: Int64, keep: Int64, swept: Int64?) throws {
    let decision = try decide(try samples.source(trx: trx)) { $0.keep = Sun(keep) }
    #expect(decision.coins?.amount.value == swept)
    #expect(decision.obstacles.count == (swept == nil && trx > 0 ? 1 : 0))
  }

  @Test("never less is swept than its fee, whatever the minimum", arguments: [
    (540_000, false), (540_001, true),
  ] as [(Int64, Bool)])
  func worthItsFee(trx: Int64, isSwept: Bool) throws {
    let decision = try decide(try samples.source(trx: trx)) { $0.minimum.trx = .zero }
    #expect((decision.coins != nil) == isSwept)
  }

  @Test("free bandwidth is counted on only when that is said, and for one transaction")
  func freeBandwidth() throws {
    let coins = try decide(try samples.source(trx: 6_000_000)) { $0.countsFreeBandwidth = true }
    #expect(coins.coins == .init(amount: Sun(6_000_000), fee: .zero))
    let both = try decide(try samples.source(trx: 6_000_000, usdt: 100_000_000)) { $0.countsFreeBandwidth = true }
    #expect(both.tokens?.fee == .zero)
    #expect(both.coins == .init(amount: Sun(5_730_000), fee: Sun(270_000)))
  }

  @Test("USDT below the minimum stays, and the TRX beside it is swept", arguments: [
    (9_999_999, false), (10_000_000, true),
  ] as [(Int64, Bool)])
  func minimumOfTokens(usdt: Int64, isSwept: Bool) throws {
    let decision = try decide(try samples.source(trx: 10_000_000, usdt: usdt))
    #expect((decision.tokens != nil) == isSwept)
    #expect(decision.obstacles.isEmpty == isSwept)
    #expect(decision.coins != nil)
  }

  @Test("what cannot be moved says why", arguments: [
    (.refused("blacklisted"), "blacklisted"), (.notAsked, "not asked"),
    (.energy(Energy(10_000_001)), "no transfer"), (.energy(Energy(0)), "no transfer"),
    (.energy(Energy(1_000_000)), "--max-fee-limit"),
  ] as [(SweepSource.Estimate, String)])
  func refused(estimate: SweepSource.Estimate, reason: String) throws {
    let decision = try decide(try samples.source(usdt: 100_000_000, estimate))
    #expect(decision.transactionCount == 0)
    #expect(decision.obstacles.count == 1)
    #expect(decision.obstacles[0].contains(reason))
  }

  @Test("where no product lends, energy is burned, unless lending was asked for")
  func noProduct() throws {
    let source = try samples.source(trx: 9_000_000, usdt: 100_000_000)
    #expect(try decide(source, products: []).tokens?.lending == nil)
    let refused = try decide(source, products: []) { $0.way = .lend }
    #expect(refused.tokens == nil)
    #expect(refused.obstacles[0].contains("no product lends"))
    let long = try decide(source) { $0.lendSeconds = 3_601 }
    #expect(long.tokens?.lending?.durationSeconds == 86_400)
  }

  @Test("an address that nobody watches is left alone, as its sweep would not be posted")
  func unwatched() throws {
    let decision = try decide(try samples.source(trx: 50_000_000, usdt: 100_000_000, isWatched: false))
    #expect(decision.transactionCount == 0)
    #expect(decision.obstacles[0].contains("does not watch"))
  }

  @Test("prices that cannot be are refused")
  func absurdPrices() throws {
    #expect(try SweepSamples.refusal { _ = try SweepFees(SweepSamples.reference(energyFee: 0)) } == .limit)
    #expect(throws: AmountError.self) { try decide(try samples.source(usdt: 100_000_000), energyFee: .max) }
  }
}
