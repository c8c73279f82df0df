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
    /// What nodes told that the pool holds for lagging.
    var laggards: [String: Int64] = [:]
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
    let wanted = min(Self.witnesses, nodes.nodes.count)
    let heads = await heads(wanted, nodes)
    guard let least = heads.min() else { return false }
    // One head where two could be had is good for this time only: it may be the one that is wrong.
    guard heads.count == wanted else { return least >= timeMs }
    return state.withLock { state in
      state.reached = max(state.reached, least)
      return state.reached >= timeMs
    }
  }

  /// Of the nodes in use; where these are too few also of those that seem to lag, as all do beside one that tells of
  /// the future. One that stands still is no witness.
  private func heads(_ wanted: Int, _ nodes: TronNodePool) async -> [Int64] {
    var heads: [Int64] = []
    let usable = await nodes.usableNodes()
    let used = Set(usable.map(\.name))
    for node in usable + nodes.nodes.filter({ !used.contains($0.name) }) where heads.count < wanted {
      do {
        let head = try await node.head().timestamp
        if used.contains(node.name) || isMoving(node.name, head) { heads.append(head) }
      } catch {
        // One that does not answer is no witness; the next one is asked, and with none it is not time yet.
        continue
      }
    }
    return heads
  }

  private func isMoving(_ node: String, _ head: Int64) -> Bool {
    state.withLock { state in
      let known = state.laggards.updateValue(head, forKey: node)
      return known.map { head > $0 } ?? true
    }
  }
}
