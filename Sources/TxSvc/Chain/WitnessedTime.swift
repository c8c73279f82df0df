import Synchronization
import TronKit

/// How late it is on the chain by the heads of two nodes: one node's word about one block must not end a rental early
/// (I12). Of one process, for all its reclaims, so that the calls do not grow with the number of orders.
final class WitnessedTime: Sendable {
  /// How many heads must have come so far, where so many nodes can be asked.
  static let witnesses = 2

  private struct State {
    /// Milliseconds of chain time. It never falls: chain time only moves on.
    var reached = Int64.min
    var askAgainAt: ContinuousClock.Instant?
  }

  private let state = Mutex(State())

  /// Whether the chain has come to this time, in milliseconds. Asks at most once in `pause`, and says no in between.
  func hasReached(_ timeMs: Int64, _ nodes: TronNodePool, pause: Duration) async -> Bool {
    let isAsking = state.withLock { state -> Bool? in
      if state.reached >= timeMs { return nil }
      if let due = state.askAgainAt, due > .now { return false }
      state.askAgainAt = .now + pause
      return true
    }
    guard let isAsking else { return true }
    guard isAsking else { return false }
    var heads: [Int64] = []
    for node in await nodes.usableNodes() where heads.count < Self.witnesses {
      do {
        heads.append(try await node.head().timestamp)
      } catch {
        // One that does not answer is no witness; the next one is asked, and with none it is not time yet.
        continue
      }
    }
    guard let least = heads.min() else { return false }
    return state.withLock { state in
      state.reached = max(state.reached, least)
      return state.reached >= timeMs
    }
  }
}
