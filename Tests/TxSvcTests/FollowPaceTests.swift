import Contracts
import Foundation
import Testing
import TronKit

@testable import TxSvc

struct FollowPaceTests {
  @Test("on mainnet one call finds each block, and a miss is followed within half a second")
  func mainnet() {
    var pace = FollowPace()
    pace.missed()
    pace.found(distanceMs: 3_000, ageMs: 300)
    #expect(pace.wait(isBehind: false) == .milliseconds(2_970))
    pace.missed()
    #expect(pace.wait(isBehind: false) == .milliseconds(500))
    #expect(pace.solidWait == .seconds(9))
  }

  @Test("the pace finds a fast chain's distance by itself, and a missed slot hardly changes it")
  func fast() {
    var pace = FollowPace()
    for _ in 0..<20 { pace.found(distanceMs: 200, ageMs: 50) }
    #expect(pace.intervalMs < 215)
    pace.found(distanceMs: 400, ageMs: 50)
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

  @Test("a block's age says how far the head is, whatever the two clocks' difference", arguments: [-7_200_000, 0, 500])
  func lateness(clockMs: Int64) {
    var pace = FollowPace()
    pace.found(distanceMs: 3_000, ageMs: clockMs + 200)
    #expect(pace.blocksLate == 0)
    pace.found(distanceMs: 3_000, ageMs: clockMs + 200 + 9_500)
    #expect(pace.blocksLate == 3)
    #expect(pace.wait(isBehind: false) == .zero)
    // The head may have gone on meanwhile.
    pace.found(distanceMs: 3_000, ageMs: clockMs + 200)
    #expect(pace.wait(isBehind: false) == .zero)
    pace.missed()
    pace.found(distanceMs: 3_000, ageMs: clockMs + 200)
    #expect(pace.wait(isBehind: false) > .zero)
  }

  @Test("a miss proves that the head is reached, so that a clock that was set is no lag for long")
  func clockIsSet() {
    var pace = FollowPace()
    pace.found(distanceMs: 3_000, ageMs: 200)
    pace.found(distanceMs: 3_000, ageMs: 60_200)
    #expect(pace.blocksLate == 20)
    pace.missed()
    pace.found(distanceMs: 3_000, ageMs: 60_300)
    #expect(pace.blocksLate == 0)
  }

  /// A chain with a block every half a second whose node answers some blocks behind for a while.
  private struct LaggingNode {
    static let interval: Int64 = 500
    var pace = FollowPace(intervalMs: LaggingNode.interval)
    var now: Int64 = 0
    var number: Int64 = 0
    /// Of the last find: how long the block had been there.
    var ageMs: Int64 = 0

    mutating func run(until end: Int64, lagging blocks: Int64) {
      while now < end {
        if (now / Self.interval) - blocks > number {
          number += 1
          ageMs = now - number * Self.interval
          pace.found(distanceMs: Self.interval, ageMs: ageMs)
        } else {
          pace.missed()
        }
        // A request takes its time.
        now += 3 + Int64(pace.wait(isBehind: false) / .milliseconds(1))
      }
    }
  }

  @Test("after a node has lagged, the head is reached again within twenty blocks")
  func afterALag() {
    var chain = LaggingNode()
    chain.run(until: 20_000, lagging: 0)
    #expect(chain.ageMs < 200)
    chain.run(until: 30_000, lagging: 6)
    #expect(chain.ageMs >= 3_000)
    chain.run(until: 42_000, lagging: 0)
    #expect(chain.ageMs < 200)
    #expect(chain.pace.blocksLate == 0)
  }

  @Test("who begins far behind reaches the head, however long it takes and whatever the head was at the beginning")
  func afterABeginning() {
    var chain = LaggingNode()
    // Twenty blocks that nobody has followed yet; each takes a while.
    chain.now = 10_000
    chain.run(until: 10_500, lagging: 0)
    chain.now += 4_000
    chain.run(until: 16_000, lagging: 0)
    #expect(chain.ageMs < 200)
  }

  @Test("a chain that stands still is asked at its own pace in the end, and whether it went another way")
  func standstill() {
    var pace = FollowPace()
    pace.found(distanceMs: 3_000, ageMs: 0)
    #expect(!pace.isStalled)
    for _ in 0..<8 { pace.missed() }
    #expect(pace.isStalled)
    #expect(pace.wait(isBehind: true) == .seconds(3))
    pace.found(distanceMs: 3_000, ageMs: 0)
    #expect(!pace.isStalled)
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
