/// How many calls of a day may go into work that can wait, so that following and confirming never run out of them.
struct CallBudget: Sendable, Equatable {
  /// Of all replicas together, for following, confirming, comparing, rescanning and the nodes' heads.
  static let perDay: Int64 = 75_000
  static let dayMs: Int64 = 86_400_000

  /// Made since midnight UTC.
  let used: Int64
  let msLeft: Int64
  let intervalMs: Int64
  /// Receipts of every solid block are read only while an address is watched.
  let isWatching: Bool

  /// With three nodes: the heads of the two that blocks are not read from, each every 120 s.
  private static let nodeHeadsMs: Int64 = 60_000

  /// What following will still need until midnight: a call per block and one in ten for misses, receipts, solid heads,
  /// the heads of the other nodes.
  var reserved: Int64 {
    let blocks = msLeft / max(1, intervalMs)
    return blocks + blocks / 10 + (isWatching ? blocks : 0) + msLeft / FollowPace.solidWaitMs(intervalMs)
      + msLeft / Self.nodeHeadsMs
  }

  /// The rest. A chain faster than mainnet has a day of as many blocks: its budget grows with them.
  var spare: Int64 {
    max(0, Self.perDay * FollowPace.mainnetIntervalMs / max(1, intervalMs) - used - reserved)
  }
}
