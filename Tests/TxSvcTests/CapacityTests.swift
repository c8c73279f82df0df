import Contracts
import Foundation
import Testing
import TronKit

@testable import TxSvc

@Suite("What a wallet can lend")
struct CapacityTests {
  @Test(
    "a transaction takes its bandwidth whole from one source, or burns TRX",
    arguments: [
      (0, 600, 0, 2), (0, 289, 0, 0), (289, 289, 0, 0), (1_000, 600, 0, 5), (0, 0, 289_999, 0), (0, 0, 290_000, 1),
      (0, 0, 2_900_000, 10), (-5, -5, -5, 0),
    ] as [(Int64, Int64, Int64, Int64)])
  func transactions(staked: Int64, free: Int64, balance: Int64, count: Int64) {
    let fees = CapacityFees(
      stakedBandwidth: staked, freeBandwidth: free, balance: Sun(balance), transactionFee: 1_000)
    #expect(fees.transactions == count)
  }

  @Test("reclaims that come soon and delegations under way are paid for first; a rental takes two transactions")
  func rentals() {
    let fees = CapacityFees(
      stakedBandwidth: 0, freeBandwidth: 0, balance: Sun(2_900_000), transactionFee: 1_000)
    #expect(fees.rentals(reclaimsSoon: 0, unshown: 0) == 5)
    #expect(fees.rentals(reclaimsSoon: 3, unshown: 2) == 2)
    #expect(fees.rentals(reclaimsSoon: 30, unshown: 2) == 0)
  }

  @Test("a dearer fee pays for fewer rentals")
  func fee() {
    let fees = CapacityFees(
      stakedBandwidth: 0, freeBandwidth: 0, balance: Sun(2_900_000), transactionFee: 2_000)
    #expect(fees.rentals(reclaimsSoon: 0, unshown: 0) == 2)
  }

  @Test("a fee that no balance can pay leaves what bandwidth pays", arguments: [Int64.max, Int64.max / 290 + 1])
  func unpayableFee(fee: Int64) {
    let fees = CapacityFees(
      stakedBandwidth: 0, freeBandwidth: 600, balance: Sun(Int64.max), transactionFee: fee)
    #expect(fees.transactions == 2)
  }

  @Test(
    "own usage recovers linearly; what comes back is worth nothing at first if it was used",
    arguments: [
      (0, 100, 100), (6, 110, 110), (12, 120, 220), (18, 155, 230), (24, 190, 240), (36, 240, 240), (72, 240, 240),
    ] as [(Double, Int64, Int64)])
  func forecast(hours: Double, least: Int64, most: Int64) {
    let forecast = CapacityForecast(
      available: Sun(100), used: Sun(40), returns: [.init(after: 12 * 3_600, stake: Sun(100))])
    let stake = forecast.stake(after: hours * 3_600)
    #expect(stake.least == Sun(least))
    #expect(stake.most == Sun(most))
  }

  @Test("usage blocks its stake, rounded up")
  func usage() throws {
    #expect(try CapacityForecast.stake(used: Energy(65_000), ratio: try Samples.ratio()) == Sun(6_500_000_000))
    #expect(try CapacityForecast.stake(used: .zero, ratio: try Samples.ratio()) == .zero)
  }

  @Test("a wallet says why it gets no new leg")
  func obstacles() throws {
    let limits = SigningLimits()
    var wallet = try Samples.wallet(1, trx: 10_000)
    #expect(limits.obstacle(wallet, now: Samples.now) == nil)
    wallet.rentalsLeft = 0
    #expect(limits.obstacle(wallet, now: Samples.now) == .fees)
    wallet.rentalsLeft = 1
    #expect(limits.obstacle(wallet, now: Samples.now) == nil)
    wallet.avoidUntil = Samples.now.addingTimeInterval(1)
    #expect(limits.obstacle(wallet, now: Samples.now) == .avoided)
    wallet.isEnabled = false
    #expect(limits.obstacle(wallet, now: Samples.now) == .disabled)
    wallet.isDraining = true
    #expect(limits.obstacle(wallet, now: Samples.now) == .draining)
  }

  @Test("the pool offers what planning would lend: nothing of a wallet that gets no new leg")
  func offer() throws {
    let open = try Samples.wallet(1, trx: 10_000)
    var (avoided, poor, disabled) = (open, open, open)
    avoided.avoidUntil = Samples.now.addingTimeInterval(1)
    (poor.bandwidth, poor.balance) = (0, .zero)
    disabled.isEnabled = false
    for (wallet, isOffered) in [(open, true), (avoided, false), (poor, false), (disabled, false)] {
      let figures = try PoolTicks.figures([wallet], try Samples.ratio(), SigningLimits(), now: Samples.now)
      #expect((figures.available > .zero) == isOffered)
      #expect(try Samples.planned(wallets: [wallet]).legs.isEmpty == !isOffered)
    }
  }

  @Test("every leg uses up the fees of one rental, and a wallet without any left gets none")
  func rentalsCountDown() throws {
    var wallet = try Samples.wallet(1, trx: 20_000)
    wallet.rentalsLeft = 1
    let first = try Samples.planned(wallets: [wallet])
    #expect(first.legs.count == 1)
    let left = try #require(first.wallets[wallet.address])
    #expect(left.rentalsLeft == 0)
    #expect(try Samples.planned(wallets: [left]).delegation.failure == .poolEmpty)
  }

  @Test("a planned leg that is dropped gives its fees back, once; a signed one leaves them to the next reading")
  func rentalsComeBack() throws {
    var wallet = try Samples.wallet(1, trx: 20_000)
    wallet.rentalsLeft = 3
    var dropped = try Samples.planned(wallets: [wallet])
    try dropped.dropPlanned("nobody waits for it")
    try dropped.dropPlanned("nor now")
    #expect(dropped.wallets[wallet.address]?.rentalsLeft == 3)
    var signed = try Samples.planned(wallets: [wallet])
    let transaction = try Samples.transaction(1, leg: signed.legs[0].id)
    try signed.signed(transaction)
    try signed.died(transaction.id, note: "", as: .buildAnew, try Samples.terms())
    #expect(signed.wallets[wallet.address]?.rentalsLeft == 2)
  }

  @Test("an order that finds no wallet has all of them read again, once their last figures are old enough")
  func wanted() throws {
    var wallet = try Samples.wallet(1, trx: 10)
    wallet.refreshAt = Samples.now.addingTimeInterval(300)
    wallet.figuresAt = Samples.now.addingTimeInterval(-5)
    let refused = try Samples.planned(wallets: [wallet])
    #expect(refused.delegation.failure == .poolEmpty)
    #expect(refused.wallets[wallet.address]?.refreshAt == Samples.now.addingTimeInterval(15))
  }

  @Test("wanted readings stay within their calls a day, however large the pool", arguments: [1, 5, 20, 100])
  func pace(wallets: Int) {
    let readings = 86_400 / FigurePace.gap(wallets: wallets) * Double(wallets)
    #expect(readings * Double(FigurePace.callsPerReading) <= Double(FigurePace.callsPerDayMax))
  }

  @Test("a wanted reading never comes later than the planned one")
  func paceKeepsPlan() throws {
    var wallet = try Samples.wallet(1, trx: 10)
    wallet.figuresAt = Samples.now
    wallet.refreshAt = Samples.now.addingTimeInterval(2)
    #expect(FigurePace.next(wallet, wallets: 1, now: Samples.now) == wallet.refreshAt)
    wallet.figuresAt = nil
    #expect(FigurePace.next(wallet, wallets: 1, now: Samples.now) == Samples.now)
  }
}
