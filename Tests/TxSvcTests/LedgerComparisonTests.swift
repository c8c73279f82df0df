import Contracts
import Foundation
import Testing
import TronKit

@testable import TxSvc

@Suite("Ledger and chain")
struct LedgerComparisonTests {
  private func leg(_ id: String, _ state: LegState, trx: Int64 = 10) throws -> LiveLeg {
    LiveLeg(id: id, receiver: try Samples.address(0xaa), stake: try Sun(trx: trx), state: state)
  }

  @Test(
    "what is on its way may count or not; what was solid before and after counts",
    arguments: [
      ([.solid], [.solid], 10, 10), ([.signed], [.signed], 0, 10), ([.signed], [.inBlock], 0, 10),
      ([.inBlock], [.solid], 0, 10), ([.solid], [.reclaiming], 0, 10), ([.reclaiming], [], 0, 10),
      ([.planned], [.planned], 0, 0), ([.planned], [], 0, 0), ([.planned], [.signed], 0, 10), ([], [.solid], 0, 10),
      ([.solid, .solid, .signed], [.solid, .solid, .signed], 20, 30),
    ] as [([LegState], [LegState], Int64, Int64)])
  func bounds(before: [LegState], after: [LegState], least: Int64, most: Int64) throws {
    let bounds = try LedgerBounds(
      before: before.enumerated().map { try leg("\($0.offset)", $0.element) },
      after: after.enumerated().map { try leg("\($0.offset)", $0.element) })
    #expect(bounds == LedgerBounds(least: try Sun(trx: least), most: try Sun(trx: most)))
  }

  @Test(
    "a figure that our rows allow is none of interest, and one beside transactions on their way decides nothing",
    arguments: [
      (10, 10, 10, false, .agrees), (0, 0, 5, false, .differs(.unknownDelegation)),
      (10, 10, 0, false, .differs(.missingDelegation)), (10, 10, 4, false, .differs(.amount)),
      (10, 10, 11, false, .differs(.amount)), (0, 10, 5, false, .undecided), (0, 10, 15, false, .undecided),
      (0, 10, 5, true, .agrees), (0, 10, 15, true, .differs(.walletTotal)), (5, 10, 4, true, .differs(.walletTotal)),
    ] as [(Int64, Int64, Int64, Bool, LedgerReading.Verdict)])
  func verdict(least: Int64, most: Int64, chain: Int64, isTotal: Bool, verdict: LedgerReading.Verdict) {
    let reading = LedgerReading(
      bounds: LedgerBounds(least: Sun(least), most: Sun(most)), chain: Sun(chain), block: 7, isTotal: isTotal)
    #expect(reading.verdict == verdict)
  }

  private func known(
    _ state: LedgerDifferencesView.State, _ kind: LedgerDiffers.Kind = .unknownDelegation, isMore: Bool = true
  ) -> LedgerJudgement.Known {
    LedgerJudgement.Known(state: state, kind: kind, isMore: isMore, block: 7)
  }

  @Test("two solid blocks must show a difference before it is told, and it is told once and settled once")
  func judgements() {
    let agrees = LedgerReading(bounds: LedgerBounds(least: .zero, most: .zero), chain: .zero, block: 8, isTotal: false)
    let undecided = LedgerReading(
      bounds: LedgerBounds(least: .zero, most: Sun(1)), chain: Sun(5), block: 8, isTotal: false)
    let differs = { (block: Int64) in
      LedgerReading(bounds: LedgerBounds(least: .zero, most: .zero), chain: Sun(5), block: block, isTotal: false)
    }
    #expect(LedgerJudgement.of(agrees, nil) == .nothing)
    #expect(LedgerJudgement.of(agrees, known(.suspected)) == .forget)
    #expect(LedgerJudgement.of(agrees, known(.reported)) == .settle)
    #expect(LedgerJudgement.of(agrees, known(.settled)) == .nothing)
    for state in LedgerDifferencesView.State.allCases {
      #expect(LedgerJudgement.of(undecided, known(state)) == .nothing)
    }
    #expect(LedgerJudgement.of(differs(8), nil) == .suspect)
    #expect(LedgerJudgement.of(differs(7), known(.suspected)) == .nothing, "the same block shows nothing anew")
    #expect(LedgerJudgement.of(differs(8), known(.suspected)) == .report)
    #expect(LedgerJudgement.of(differs(8), known(.suspected, .amount)) == .suspect, "it is another difference now")
    #expect(LedgerJudgement.of(differs(8), known(.suspected, isMore: false)) == .suspect)
    #expect(LedgerJudgement.of(differs(8), known(.reported)) == .keep)
    #expect(LedgerJudgement.of(differs(8), known(.settled)) == .suspect)
  }

  @Test("a run that was cut short goes on where it stopped; one that came to its end begins anew")
  func runs() throws {
    var row = Reconciliation(id: try Samples.address(1), night: Samples.now, startedAt: Samples.now)
    row.afterReceiver = "TX"
    let next = Samples.now.addingTimeInterval(86_400)
    row.begin(next, now: next)
    #expect(row.afterReceiver == "TX")
    row.finishedAt = next
    row.isPartial = true
    row.begin(next, now: next)
    #expect(row.afterReceiver == "TX")
    row.finishedAt = next
    row.begin(next, now: next)
    #expect(row.afterReceiver.isEmpty)
    #expect(row.finishedAt == nil)
  }
}

@Suite("The chain's parameters")
struct ChainParametersTests {
  private func parameters(fee: Int64? = 1_000, weight: Int64 = 1_000_000) throws -> ChainParameters {
    var values = ["getEnergyFee": Int64(100), "getMaxDelegateLockPeriod": 864_000]
    values["getTransactionFee"] = fee
    return ChainParameters(values, ratio: try Samples.ratio(weight: weight))
  }

  @Test("any other fee is a jump; the network's stake may float")
  func jumps() throws {
    let old = try parameters()
    #expect(try parameters().changes(from: old).isEmpty)
    let dearer = try parameters(fee: 1_001).changes(from: old)
    #expect(dearer == [.init(name: "getTransactionFee", old: 1_000, new: 1_001)])
    #expect(ChainParameters.isJump(dearer, percent: 5))
    let floated = try parameters(weight: 1_050_000).changes(from: old)
    #expect(floated == [.init(name: "TotalEnergyWeight", old: 1_000_000, new: 1_050_000)])
    #expect(!ChainParameters.isJump(floated, percent: 5))
    #expect(ChainParameters.isJump(try parameters(weight: 949_999).changes(from: old), percent: 5))
  }

  @Test("what a node does not say is neither a change nor forgotten")
  func missing() throws {
    let old = try parameters()
    let short = try parameters(fee: nil)
    #expect(short.changes(from: old).isEmpty)
    #expect(short.filled(from: old) == old)
  }
}
