import Foundation

/// When a leg may be taken back: chain time decides, never a process clock (I12).
enum ReclaimTime: Sendable, Equatable {
  case due
  case early
  /// Nobody asked for it.
  case notAsked

  /// A chain that was silent for long may come back in a leap: then nobody sleeps for longer than this.
  static let waitMax: Duration = .seconds(30)
  private static let waitMin: Duration = .milliseconds(100)

  static func judge(_ delegation: Delegation, headTimeMs: Int64) -> ReclaimTime {
    switch delegation.state {
    // What could not be delivered whole was never the customer's: no time is cut short.
    case .failing: return .due
    case .reclaiming:
      guard let endsAtMs = delegation.endsAtMs else { return .notAsked }
      return headTimeMs >= endsAtMs ? .due : .early
    case .planned, .submitted, .confirmed, .final, .failed, .reclaimed: return .notAsked
    }
  }

  /// How long until the followed head can have come to this time, if blocks go on coming as they do; zero once it has.
  /// Half a block later than a block is expected: who looks too early looks twice.
  /// - Parameter now: Postgres time.
  static func wait(until endsAtMs: Int64, head: BlockCursor, now: Date) -> Duration {
    let missing = endsAtMs - head.timeMs
    guard missing > 0 else { return .zero }
    let interval = max(1, head.intervalMs)
    let blocks = (missing + interval - 1) / interval
    let due = head.advancedAt.chainMilliseconds + blocks * interval + interval / 2
    return min(waitMax, max(waitMin, .milliseconds(due - now.chainMilliseconds)))
  }
}
