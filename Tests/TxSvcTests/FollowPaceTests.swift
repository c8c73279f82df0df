import Contracts
import Foundation
import Testing
import TronKit

@testable import TxSvc

struct FollowPaceTests {
  @Test("on mainnet one call finds each block, and a miss is followed within half a second")
  func mainnet() {
    var pace = FollowPace()
    pace.found(distanceMs: 3_000)
    #expect(pace.wait(isBehind: false) == .milliseconds(2_970))
    pace.missed()
    #expect(pace.wait(isBehind: false) == .milliseconds(500))
    #expect(pace.solidWait == .milliseconds(9_000))
  }

  @Test("the pace finds a fast chain's distance by itself, and a missed slot hardly changes it")
  func fast() {
    var pace = FollowPace()
    for _ in 0..<20 { pace.found(distanceMs: 200) }
    #expect(pace.intervalMs < 215)
    pace.found(distanceMs: 400)
    #expect(pace.intervalMs < 265)
    pace.missed()
    #expect(pace.wait(isBehind: false) < .milliseconds(50))
  }

  @Test("behind the head nothing is waited for, unless the block was missing")
  func behind() {
    var pace = FollowPace()
    #expect(pace.wait(isBehind: true) == .zero)
    pace.missed()
    #expect(pace.wait(isBehind: true) > .zero)
  }

  @Test(
    "the pool's figures are published when they change noticeably or after a while",
    arguments: [
      (1_000_000, 0, 2, 1, false), (1_005_000, 0, 2, 1, false), (1_020_000, 0, 2, 1, true), (1_000_000, 1, 2, 1, true),
      (1_000_000, 0, 3, 1, true), (1_000_000, 0, 2, 15, true),
    ] as [(Int64, Int64, Int, TimeInterval, Bool)])
  func poolNews(available: Int64, delegated: Int64, wallets: Int, after: TimeInterval, isNews: Bool) {
    let last = PoolFigure(
      id: PoolFigure.key, seq: 1, available: Energy(1_000_000), delegated: .zero, wallets: 2, publishedAt: Samples.now)
    #expect(
      PoolTicks.isNews(
        last, Energy(available), Energy(delegated), wallets, now: Samples.now.addingTimeInterval(after)) == isNews)
  }
}
