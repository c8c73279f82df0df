import Contracts
import Crypto
import Foundation
import Testing
import TronKit

@testable import TxSvc

struct SignerRulesTests {
  @Test("only order-svc's seal opens the signer")
  func seal() throws {
    #expect(DelegationHandlers.isSealed(try Samples.message(), Samples.orderKey))
    let forged = try Samples.message(key: SymmetricKey(size: .bits256))
    #expect(!DelegationHandlers.isSealed(forged, Samples.orderKey))
    let sealed = try Samples.message(energy: 65_000)
    let altered = DelegateEnergy(
      order: sealed.order, customer: sealed.customer, receiver: sealed.receiver, energy: Energy(650_000),
      durationSeconds: sealed.durationSeconds, deadline: sealed.deadline, seal: sealed.seal)
    #expect(!DelegationHandlers.isSealed(altered, Samples.orderKey))
  }

  @Test("a reclaim's seal binds its end")
  func reclaimSeal() throws {
    let receiver = try Samples.address(0xaa)
    let seal = OrderSeal.reclaim(order: Samples.order, receiver: receiver, endsAt: Samples.now, key: Samples.orderKey)
    let right = ReclaimEnergy(order: Samples.order, receiver: receiver, endsAt: Samples.now, seal: seal)
    let early = ReclaimEnergy(
      order: Samples.order, receiver: receiver, endsAt: Samples.now.addingTimeInterval(-60), seal: seal)
    #expect(DelegationHandlers.isSealed(right, Samples.orderKey))
    #expect(!DelegationHandlers.isSealed(early, Samples.orderKey))
  }

  @Test(
    "the signer refuses whoever asks",
    arguments: [
      (SetSigning.Mode.everything, 65_000, 0xaa, 60, 0, nil),
      (.reclaimsOnly, 65_000, 0xaa, 60, 0, .signingPaused), (.nothing, 65_000, 0xaa, 60, 0, .signingPaused),
      (.everything, 65_000, 0xaa, 0, 0, .deadline), (.everything, 65_000, 0x00, 60, 0, .receiverNotAllowed),
      (.everything, 65_000, 0x01, 60, 0, .receiverNotAllowed), (.everything, 0, 0xaa, 60, 0, .energyOutOfRange),
      (.everything, 20_000_001, 0xaa, 60, 0, .energyOutOfRange),
      (.everything, 65_000, 0xaa, 60, 2_000_000_000 - 64_999, .poolEmpty),
    ] as [(SetSigning.Mode, Int64, UInt8, TimeInterval, Int64, OrderFailure?)])
  func refusal(
    mode: SetSigning.Mode, energy: Int64, receiver: UInt8, deadline: TimeInterval, hour: Int64, failure: OrderFailure?
  ) throws {
    let message = try Samples.message(energy: energy, receiver: receiver, deadline: deadline)
    let refusal = SigningLimits().refusal(
      of: message, now: Samples.now, mode: mode, wallets: [try Samples.address(1)], hourEnergy: Energy(hour))
    #expect(refusal == failure)
  }

  @Test("the kill switch has two steps")
  func killSwitch() {
    #expect(SetSigning.Mode.reclaimsOnly.allows(.reclaim))
    #expect(!SetSigning.Mode.reclaimsOnly.allows(.delegate))
    #expect(!SetSigning.Mode.nothing.allows(.reclaim))
  }

  @Test(
    "chain time decides when a leg may be taken back",
    arguments: [
      (DelegationState.reclaiming, 999, ReclaimTime.early), (.reclaiming, 1_000, .due), (.failing, 0, .due),
      (.final, 5_000, .notAsked),
    ] as [(DelegationState, Int64, ReclaimTime)])
  func reclaimTime(state: DelegationState, head: Int64, judgement: ReclaimTime) throws {
    var delegation = Delegation(try Samples.message(), correlation: "", now: Samples.now)
    delegation.state = state
    delegation.endsAtMs = 1_000
    #expect(ReclaimTime.judge(delegation, headTimeMs: head) == judgement)
  }

  /// The head: 7 s of chain time, heard of at `now`, with a block every 3 s.
  @Test(
    "a reclaim starts half a block after the one that can show its end, and sleeps no longer than half a minute",
    arguments: [
      (7_000, 0, Duration.zero), (0, 0, .zero), (7_001, 0, .milliseconds(4_500)), (10_000, 0, .milliseconds(4_500)),
      (10_001, 0, .milliseconds(7_500)), (10_001, 4_000, .milliseconds(3_500)), (10_001, 60_000, .milliseconds(100)),
      (9_000_000, 0, .seconds(30)),
    ] as [(Int64, Int64, Duration)])
  func reclaimWait(endsAtMs: Int64, laterMs: Int64, wait: Duration) throws {
    let block = try Samples.block(9)
    let head = BlockCursor(
      id: BlockCursor.key, number: 9, blockID: block, timeMs: 7_000, advancedAt: Samples.now, headNumber: 9,
      solidNumber: 9, solidBlockID: block, solidTimeMs: 7_000, intervalMs: 3_000, follower: "", leaseUntil: Samples.now)
    let now = Samples.now.addingTimeInterval(Double(laterMs) / 1_000)
    #expect(ReclaimTime.wait(until: endsAtMs, head: head, now: now) == wait)
  }
}
