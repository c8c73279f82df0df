/// When to ask for the next block. Blocks come at a steady distance: asking one distance after the last find meets
/// the next one at once, nearly always, and so costs about one call per block on any chain.
struct FollowPace: Sendable, Equatable {
  /// Smoothed distance of two blocks in milliseconds of chain time.
  private(set) var intervalMs: Int64
  private var isAfterMiss = false

  /// Mainnet: a block every 3 s.
  static let mainnetIntervalMs: Int64 = 3_000
  private static let range: ClosedRange<Int64> = 50...3_000

  init(intervalMs: Int64 = FollowPace.mainnetIntervalMs) { self.intervalMs = Self.clamp(intervalMs) }

  /// A quarter of each new distance; missed slots (longer than the longest distance) do not count as slow.
  mutating func found(distanceMs: Int64) {
    intervalMs = Self.clamp((intervalMs * 3 + Self.clamp(distanceMs)) / 4)
    isAfterMiss = false
  }

  mutating func missed() { isAfterMiss = true }

  /// - Parameter isBehind: the chain's head is known to be further.
  func wait(isBehind: Bool) -> Duration {
    if isBehind && !isAfterMiss { return .zero }
    // A little early, so that the distance to the block's birth shrinks until a miss sets it to at most a sixth.
    return .milliseconds(isAfterMiss ? max(40, intervalMs / 6) : intervalMs - intervalMs / 100)
  }

  /// The solid head moves as fast as the head, but nothing waits for it within a second: at most every 10 s on mainnet.
  var solidWait: Duration { .milliseconds(min(10_000, max(500, intervalMs * 3))) }

  private static func clamp(_ value: Int64) -> Int64 { min(range.upperBound, max(range.lowerBound, value)) }
}
