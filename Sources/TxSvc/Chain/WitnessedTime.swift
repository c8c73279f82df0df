import BusKit
import Synchronization
import TronKit

/// How late it is on the chain by the heads of two nodes: one node's word about one block must not end a rental early
/// (I12). Of one process, for all its reclaims, so that the calls do not grow with the number of orders.
struct WitnessedTime: Sendable {
  /// How many heads must have come so far, where so many nodes can be asked.
  static let witnesses = 2

  private struct Wish: Sendable {
    let timeMs: Int64
    let nodes: TronNodePool
    let pause: Duration
    let fellShort: @Sendable () -> Void
  }

  private let sight: WitnessedHeads
  /// While heads are on their way all wait for them: one question serves everybody.
  private let gathering: Gathering<Wish, Duration?>

  init() {
    let sight = WitnessedHeads()
    self.sight = sight
    gathering = Gathering(leadersMax: 1, itemsMax: 4096) { wishes in
      guard let last = wishes.max(by: { $0.timeMs < $1.timeMs }) else { return { _ in nil } }
      let answer = await sight.ask(last.timeMs, last.nodes, last.pause, last.fellShort)
      return { answer(wishes[$0].timeMs) }
    }
  }

  /// Asks at most once in `pause`.
  /// - Parameters:
  ///   - timeMs: in milliseconds of chain time.
  ///   - fellShort: called when heads were asked for and have not come so far. One question may be for many.
  /// - Returns: nil when the chain has come to this time; else after how long it is worth asking again.
  func wait(
    until timeMs: Int64, _ nodes: TronNodePool, pause: Duration, fellShort: @escaping @Sendable () -> Void = {}
  ) async -> Duration? {
    switch sight.known(timeMs) {
    case .reached: nil
    case .wait(let rest): rest
    case .unknown:
      await gathering.answer(Wish(timeMs: timeMs, nodes: nodes, pause: pause, fellShort: fellShort))
    }
  }
}

/// The heads that were heard of.
private final class WitnessedHeads: Sendable {
  enum Known {
    case reached
    /// It was asked a moment ago.
    case wait(Duration)
    case unknown
  }

  private struct State {
    /// Milliseconds of chain time. It never falls: chain time only moves on.
    var reached = Int64.min
    var askAgainAt: ContinuousClock.Instant?
    /// What nodes told that the pool holds for lagging.
    var laggards: [String: Int64] = [:]
  }

  private let state = Mutex(State())

  func known(_ timeMs: Int64) -> Known {
    state.withLock { state in
      if state.reached >= timeMs { return .reached }
      let rest = state.askAgainAt.map { $0 - .now } ?? .zero
      return rest > .zero ? .wait(Self.later(of: rest, timeMs, after: state.reached)) : .unknown
    }
  }

  /// - Returns: for a time up to this one, how long it is worth waiting; nil where the chain has come to it.
  func ask(
    _ timeMs: Int64, _ nodes: TronNodePool, _ pause: Duration, _ fellShort: @Sendable () -> Void
  ) async -> @Sendable (Int64) -> Duration? {
    // Somebody else may have asked while this one waited for its turn.
    switch known(timeMs) {
    case .reached: return { _ in nil }
    case .wait: return { self.rest(until: $0, pause) }
    case .unknown: break
    }
    let wanted = min(WitnessedTime.witnesses, nodes.witnessesMax)
    let heads = await heads(wanted, nodes)
    // Whoever is cancelled says nothing about the nodes.
    guard !Task.isCancelled else { return { _ in pause } }
    state.withLock { $0.askAgainAt = .now + pause }
    if (heads.min() ?? .min) < timeMs { fellShort() }
    guard let least = heads.min() else { return { _ in pause } }
    // One head where two could be had is good for this time only: it may be the one that is wrong.
    guard heads.count == wanted else {
      return { least >= $0 ? nil : Self.later(of: pause, $0, after: least) }
    }
    state.withLock { $0.reached = max($0.reached, least) }
    return { self.rest(until: $0, pause) }
  }

  private func rest(until timeMs: Int64, _ pause: Duration) -> Duration? {
    switch known(timeMs) {
    case .reached: nil
    case .wait(let rest): rest
    case .unknown: Self.later(of: pause, timeMs, after: state.withLock { $0.reached })
    }
  }

  /// No head is asked for before it can have come so far.
  private static func later(of rest: Duration, _ timeMs: Int64, after head: Int64) -> Duration {
    guard head > .min else { return rest }
    return max(rest, min(ReclaimTime.waitMax, .milliseconds(timeMs - head)))
  }

  /// Of the nodes in use, one of each host; where these are too few also of those that seem to lag, as all do beside
  /// one that tells of the future. One that stands still is no witness.
  private func heads(_ wanted: Int, _ nodes: TronNodePool) async -> [Int64] {
    var heads: [String: Int64] = [:]
    let usable = await nodes.usableNodes()
    let used = Set(usable.map(\.name))
    for node in usable + nodes.nodes.filter({ !used.contains($0.name) })
    where heads.count < wanted && heads[node.name] == nil {
      do {
        let head = try await node.head().timestamp
        if used.contains(node.name) || isMoving(node.name, head) { heads[node.name] = head }
      } catch {
        // One that does not answer is no witness; the next one is asked, and with none it is not time yet.
        continue
      }
    }
    return Array(heads.values)
  }

  private func isMoving(_ node: String, _ head: Int64) -> Bool {
    state.withLock { state in
      let known = state.laggards.updateValue(head, forKey: node)
      return known.map { head > $0 } ?? true
    }
  }
}
