/// What a pool knows of its nodes: failures in a row, rests, head blocks. A value without clock or network; `now` is
/// time since the pool was made.
struct NodeHealth {
  struct Node {
    var failures = 0
    /// The breaker is open until then.
    var restsUntil: Duration = .zero
    /// The node asked to be left alone until then.
    var suspendedUntil: Duration = .zero
    /// Since when one request finds out whether the node is well again.
    var probedSince: Duration?
    /// The head it last told, or a later block that it gave.
    var head: ChainPoint?
    /// Milliseconds of chain time that it was behind the best, when its head was last heard of.
    var lag: Int64 = 0
    /// When it last told its head, or gave a block that was the latest of all.
    var headHeardAt: Duration?
  }

  /// Failures in a row after which a node rests.
  static let failuresMax = 3
  static let restMin = Duration.seconds(5)
  static let restMax = Duration.seconds(60)
  /// A probe that has not ended after this is forgotten.
  static let probeMax = Duration.seconds(10)
  /// A node whose head is older than the best one's by more than this answers from the past.
  static let headLagMax: Int64 = 30_000
  /// How soon heads are compared again when a node lags or fails. Each time twice as late, up to `recheckMax`: trouble
  /// that lasts a day must not cost a day's calls.
  static let recheckMin = Duration.seconds(5)
  static let recheckMax = Duration.seconds(60)
  /// A head that was heard of within this time (a block and a half) need not be asked for.
  static let headFreshFor = Duration.milliseconds(4_500)
  /// When no later block came for this long to whoever read the latest ones, the node may be stuck: heads are compared.
  /// After a while nobody reads them here any more.
  static let stalled = Duration.seconds(9)..<Duration.seconds(600)
  /// A best head that no node has come near to for so long was none.
  static let unconfirmedMax = Duration.seconds(60)

  private(set) var nodes: [Node]
  /// The latest head that is believed, in milliseconds of chain time. It outlives the node that had it.
  private(set) var best: Int64?
  /// When a node last told of a block near the best.
  private var confirmedAt = Duration.zero
  private var headsReadAt: Duration?
  /// When a node last gave a block that was the latest of all.
  private var frontBlockAt: Duration?
  /// Comparisons in a row that trouble made.
  private var troubledReads = 0

  init(count: Int) {
    nodes = Array(repeating: Node(), count: count)
  }

  func state(_ index: Int, now: Duration) -> NodeState {
    let node = nodes[index]
    if node.failures < Self.failuresMax { return .closed }
    return node.restsUntil > now ? .open : .halfOpen
  }

  func lags(_ index: Int) -> Bool { nodes[index].lag > Self.headLagMax }

  func isSuspended(_ index: Int, now: Duration) -> Bool { nodes[index].suspendedUntil > now }

  /// The nodes to ask, in order. Those that rest come last, so that a pool whose nodes all failed still tries; those
  /// that lag or asked to be left alone are left out.
  func order(now: Duration) -> [Int] {
    let usable = nodes.indices.filter { !lags($0) && !isSuspended($0, now: now) }
    return usable.filter { isFirstRank($0, now) } + usable.filter { !isFirstRank($0, now) }
  }

  private func isFirstRank(_ index: Int, _ now: Duration) -> Bool {
    switch state(index, now: now) {
    case .closed: true
    case .open: false
    case .halfOpen: !isProbed(index, now)
    }
  }

  private func isProbed(_ index: Int, _ now: Duration) -> Bool {
    nodes[index].probedSince.map { now - $0 < Self.probeMax } ?? false
  }

  /// The order for one request, which becomes the probe of the node it asks first if that one is half-open.
  mutating func plan(now: Duration) -> [Int] {
    let order = order(now: now)
    if let first = order.first { ask(first, now: now) }
    return order
  }

  /// A request goes to the node.
  mutating func ask(_ index: Int, now: Duration) {
    if state(index, now: now) == .halfOpen { nodes[index].probedSince = now }
  }

  /// The request was given up and says nothing about the node.
  mutating func gaveUp(_ index: Int) { nodes[index].probedSince = nil }

  mutating func succeeded(_ index: Int) {
    nodes[index].failures = 0
    nodes[index].restsUntil = .zero
    nodes[index].probedSince = nil
  }

  /// - Parameter rest: what the node asked for itself, if it did.
  mutating func failed(_ index: Int, now: Duration, rest: Duration? = nil) {
    nodes[index].probedSince = nil
    nodes[index].failures = min(nodes[index].failures + 1, 1000)
    let beyond = nodes[index].failures - Self.failuresMax
    if beyond >= 0 {
      let pause = min(Self.restMax, Self.restMin * (1 << min(beyond, 4)))
      nodes[index].restsUntil = max(nodes[index].restsUntil, now + pause)
    }
    if let rest { nodes[index].suspendedUntil = max(nodes[index].suspendedUntil, now + rest) }
  }

  // MARK: Heads

  /// The nodes whose heads are to be read together, for whoever asks first in an interval; those that rest are left
  /// out, and those whose heads were just heard of, as that of the node which the blocks are read from. Due at once
  /// when a node begins to lag or to fail, or the blocks stop coming. Empty for a node alone, which has nobody to be
  /// compared with, unless it has fallen behind itself.
  /// - Parameter interval: between two comparisons while all are well.
  mutating func headsDue(now: Duration, interval: Duration) -> [Int] {
    let isAnyBehind = nodes.indices.contains(where: lags)
    guard nodes.count > 1 || isAnyBehind else { return [] }
    let isStalled = frontBlockAt.map { Self.stalled.contains(now - $0) } ?? false
    let isTroubled = isAnyBehind || isStalled || nodes.contains { $0.failures > 0 }
    let elapsed = headsReadAt.map { now - $0 }
    if !isTroubled, let elapsed, elapsed >= Self.recheckMax { troubledReads = 0 }
    // While nobody may be asked nothing else is called either.
    let doublings = order(now: now).isEmpty ? 0 : min(troubledReads, 4)
    let recheck = min(Self.recheckMax, Self.recheckMin * (1 << doublings))
    if let elapsed, elapsed < (isTroubled ? min(interval, recheck) : interval) { return [] }
    headsReadAt = now
    if isTroubled { troubledReads += 1 }
    return nodes.indices.filter {
      state($0, now: now) != .open && !isSuspended($0, now: now) && (lags($0) || !isFresh($0, now))
    }
  }

  private func isFresh(_ index: Int, _ now: Duration) -> Bool {
    nodes[index].headHeardAt.map { now - $0 < Self.headFreshFor } ?? false
  }

  /// Heads that were read at the same time.
  mutating func compared(_ heads: [Int: ChainPoint], now: Duration) {
    for (index, head) in heads {
      nodes[index].head = head
      nodes[index].headHeardAt = now
    }
    // The latest first: it may confirm the best that the others are too far behind to know.
    for time in heads.values.map(\.timestamp).sorted(by: >) {
      if let best, time < best - Self.headLagMax, now - confirmedAt >= Self.unconfirmedMax { self.best = nil }
      weigh(time, now: now)
    }
    // Those that were not asked because their heads are known are compared as well.
    for index in nodes.indices where heads[index] != nil || isFresh(index, now) {
      if let head = nodes[index].head { nodes[index].lag = lag(head.timestamp) }
    }
  }

  /// A node told its head.
  mutating func sawHead(_ index: Int, _ head: ChainPoint, now: Duration) { compared([index: head], now: now) }

  /// A node has this block. It may have later ones, so that this can only speak for it.
  mutating func sawBlock(_ index: Int, _ block: ChainPoint, now: Duration) {
    // An older block than the best is one of many that somebody catches up with: it says nothing of the node's head.
    if let best, block.timestamp > best {
      nodes[index].headHeardAt = now
      frontBlockAt = now
    }
    guard block.timestamp > nodes[index].head?.timestamp ?? .min else { return }
    nodes[index].head = block
    weigh(block.timestamp, now: now)
    nodes[index].lag = min(nodes[index].lag, lag(block.timestamp))
  }

  /// Moves the best head. One node's word must not shut out the others: where three can outvote it, a jump ahead counts
  /// when a second node is there too.
  private mutating func weigh(_ time: Int64, now: Duration) {
    let heads = nodes.compactMap { $0.head?.timestamp }.sorted(by: >)
    let believed = nodes.count < 3 ? time : heads.dropFirst().first
    best = [best, believed].compactMap(\.self).max()
    guard let latest = best, abs(time - latest) <= Self.headLagMax else { return }
    confirmedAt = now
    // Blocks follow by seconds: what continues the best needs no second voice.
    best = max(latest, time)
  }

  private func lag(_ time: Int64) -> Int64 { max(0, (best ?? time) - time) }
}

/// A node's circuit breaker.
public enum NodeState: String, Hashable, Sendable, CaseIterable {
  /// Asked in its turn.
  case closed
  /// Has failed several times in a row and rests; asked only when all others fail.
  case open
  /// Has rested: one request finds out how it is.
  case halfOpen = "half_open"
}
