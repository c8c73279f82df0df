/// When to ask for the next block. Blocks come at a steady distance: asking one distance after the last find meets
/// the next one at once, nearly always, and so costs about one call per block on any chain.
struct FollowPace: Sendable, Equatable {
  /// Smoothed distance of two blocks in milliseconds of chain time.
  private(set) var intervalMs: Int64
  /// Times in a row that the next block was not there.
  private(set) var misses = 0
  /// Times in a row that it was there when it was asked for.
  private var finds = 0
  /// The last block's age when it was asked for, by Postgres' clock, and the least one seen. Their difference is the
  /// lag: it needs no call, and no clock that agrees with the chain's.
  private var ageMs: Int64 = 0
  private var leastAgeMs: Int64?
  /// Nothing has shown since the last miss that the head is further. At the beginning nobody knows.
  private var isAtHead = false

  /// Mainnet: a block every 3 s.
  static let mainnetIntervalMs: Int64 = 3_000
  private static let range: ClosedRange<Int64> = 50...3_000
  /// Misses after which a whole distance lies between two tries: a chain that stands still costs no more calls than
  /// one that moves.
  private static let missesAtFull = 8
  /// At the head a miss comes after 17 finds at the latest (see `wait`). More in a row: the head is further, though no
  /// age says so, as after a node has lagged for a while: there the oldest block it had passed for the head.
  private static let findsAtHead = 20

  init(intervalMs: Int64 = FollowPace.mainnetIntervalMs) { self.intervalMs = Self.clamp(intervalMs) }

  /// A quarter of each new distance; missed slots (longer than the longest distance) do not count as slow.
  mutating func found(distanceMs: Int64, ageMs: Int64) {
    intervalMs = Self.clamp((intervalMs * 3 + Self.clamp(distanceMs)) / 4)
    misses = 0
    finds += 1
    self.ageMs = ageMs
    leastAgeMs = min(leastAgeMs ?? ageMs, ageMs)
    if blocksLate > 0 || finds > Self.findsAtHead { isAtHead = false }
  }

  /// There is no next block, so the last one is the head: its age is what a head's age is, also after a clock was set.
  mutating func missed() {
    misses += 1
    finds = 0
    isAtHead = true
    if leastAgeMs != nil { leastAgeMs = ageMs }
  }

  /// Blocks that are due beyond the last one, by its age: 0 at the head.
  var blocksLate: Int64 { (ageMs - (leastAgeMs ?? ageMs)) / intervalMs }

  /// Whether the nodes should be asked if the last block is still theirs: they have not had a next one for long.
  var isStalled: Bool { misses > 0 && misses % Self.missesAtFull == 0 }

  /// The time from one request to the next.
  /// - Parameter isBehind: the chain's head is known to be further.
  func wait(isBehind: Bool) -> Duration {
    switch misses {
    // While it caught up the head went on: only a miss shows that there is no more.
    case 0 where isBehind || !isAtHead: .zero
    // A little early, so that the distance to the block's birth shrinks until a miss sets it to at most a sixth.
    case 0: .milliseconds(intervalMs - intervalMs / 100)
    case 1..<Self.missesAtFull: .milliseconds(max(40, intervalMs / 6))
    default: .milliseconds(intervalMs)
    }
  }

  /// The solid head moves as fast as the head, but nothing waits for it within a second: with every third block.
  var solidWait: Duration { .milliseconds(Self.solidWaitMs(intervalMs)) }

  static func solidWaitMs(_ intervalMs: Int64) -> Int64 { min(9_000, max(500, intervalMs * 3)) }

  private static func clamp(_ value: Int64) -> Int64 { min(range.upperBound, max(range.lowerBound, value)) }
}
