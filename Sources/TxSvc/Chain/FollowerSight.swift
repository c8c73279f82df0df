import Foundation
import Synchronization
import TronKit

/// What a follower knows of the chain, and what it lost with its lease: nothing that cannot be asked for again. Shared
/// by those who follow the head and the solid blocks.
final class FollowerSight: Sendable {
  private struct State {
    var pace = FollowPace()
    var headNumber: Int64 = 0
    var shelf = BlockShelf()
    var hasBegun = false
    var blocksSinceLook = 0
    var network: ChainNetwork?
    var isRewinding = false
  }
  private let state = Mutex(State())

  var hasBegun: Bool { state.withLock { $0.hasBegun } }
  var pace: FollowPace { state.withLock { $0.pace } }
  var shelf: BlockShelf { state.withLock { $0.shelf } }
  var network: ChainNetwork? { state.withLock { $0.network } }
  /// Blocks that were followed since solid ones were last looked at.
  var blocksSinceLook: Int { state.withLock { $0.blocksSinceLook } }

  /// Blocks are being taken back; or, while it catches up, the next ones are so far ahead of the solid blocks that they
  /// would have to be fetched again for these.
  func headRests(at number: Int64) -> Bool {
    state.withLock {
      $0.isRewinding || ($0.blocksSinceLook >= BlockShelf.countMax && number < $0.headNumber)
    }
  }

  func whileHeadRests(_ work: () async throws -> Void) async throws {
    state.withLock { $0.isRewinding = true }
    defer { state.withLock { $0.isRewinding = false } }
    try await work()
  }

  func begin(intervalMs: Int64, headNumber: Int64, network: ChainNetwork?) {
    state.withLock {
      $0 = State(
        pace: FollowPace(intervalMs: intervalMs), headNumber: headNumber, hasBegun: true, network: network)
    }
  }

  /// Another process follows. What network it is stays known: a look at solid blocks may still be under way.
  func forget() { state.withLock { $0 = State(network: $0.network) } }

  func look() { state.withLock { $0.blocksSinceLook = 0 } }

  /// There is no block after this one.
  func missed(after number: Int64) {
    state.withLock {
      $0.pace.missed()
      $0.headNumber = number
    }
  }

  /// - Parameters:
  ///   - parentMs: the time of the block before.
  ///   - now: by Postgres' clock.
  /// - Returns: what is known now.
  func found(_ block: ChainBlock, after parentMs: Int64, at now: Date) -> (headNumber: Int64, intervalMs: Int64) {
    state.withLock {
      $0.shelf.put(block)
      $0.blocksSinceLook += 1
      $0.pace.found(distanceMs: block.timestamp - parentMs, ageMs: now.chainMilliseconds - block.timestamp)
      $0.headNumber = max($0.headNumber, block.number + $0.pace.blocksLate)
      return ($0.headNumber, $0.pace.intervalMs)
    }
  }

  /// The chain has this block.
  func atLeast(_ number: Int64) { state.withLock { $0.headNumber = max($0.headNumber, number) } }

  /// From one request to the next.
  func wait(behind number: Int64) -> Duration {
    state.withLock { $0.pace.wait(isBehind: number < $0.headNumber && $0.pace.misses == 0) }
  }
}
