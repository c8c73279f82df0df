/// What a pool knows of its nodes: failures in a row, rests, head blocks. A value without clock or network; `now` is
/// time since the pool was made.
struct NodeHealth {
  struct Node {
    var failures = 0
    var restsUntil: Duration = .zero
    /// Milliseconds of chain time; nil where the node did not say.
    var head: Int64?
  }

  /// Failures in a row after which a node rests.
  static let failuresMax = 3
  static let restMin = Duration.seconds(5)
  static let restMax = Duration.seconds(60)
  /// A node whose head is older than the best one's by more than this answers from the past.
  static let headLagMax: Int64 = 30_000

  private(set) var nodes: [Node]
  private var headsReadAt: Duration?

  init(count: Int) {
    nodes = Array(repeating: Node(), count: count)
  }

  /// The nodes to ask, in order. Those that rest come last, so that a pool whose nodes all failed still tries; those
  /// that lag are left out.
  func order(now: Duration) -> [Int] {
    let best = nodes.compactMap(\.head).max()
    let current = nodes.indices.filter { index in
      guard let best, let head = nodes[index].head else { return true }
      return best - head <= Self.headLagMax
    }
    return current.filter { nodes[$0].restsUntil <= now } + current.filter { nodes[$0].restsUntil > now }
  }

  mutating func succeeded(_ index: Int) {
    nodes[index].failures = 0
    nodes[index].restsUntil = .zero
  }

  /// - Parameter rest: what the node asked for itself, if it did.
  mutating func failed(_ index: Int, now: Duration, rest: Duration? = nil) {
    nodes[index].failures += 1
    let beyond = nodes[index].failures - Self.failuresMax
    let own: Duration = beyond >= 0 ? min(Self.restMax, Self.restMin * (1 << min(beyond, 4))) : .zero
    nodes[index].restsUntil = max(nodes[index].restsUntil, now + max(own, rest ?? .zero))
  }

  /// True once per interval: whoever gets it compares the heads.
  mutating func shouldCompareHeads(now: Duration, interval: Duration) -> Bool {
    guard nodes.count > 1, headsReadAt.map({ now - $0 >= interval }) ?? true else { return false }
    headsReadAt = now
    return true
  }

  /// Nil where a node did not answer: it is judged by its failures then.
  mutating func sawHead(_ index: Int, _ timestamp: Int64?) {
    nodes[index].head = timestamp
  }
}
