/// When a leg may be taken back: chain time decides, never a process clock (I12).
enum ReclaimTime: Sendable, Equatable {
  case due
  case wait(Duration)
  /// Nobody asked for it.
  case notAsked

  static func judge(_ delegation: Delegation, headTimeMs: Int64) -> ReclaimTime {
    switch delegation.state {
    // What could not be delivered whole was never the customer's: no time is cut short.
    case .failing: return .due
    case .reclaiming:
      guard let endsAtMs = delegation.endsAtMs else { return .notAsked }
      if headTimeMs >= endsAtMs { return .due }
      return .wait(.milliseconds(min(30_000, max(100, endsAtMs - headTimeMs))))
    case .planned, .submitted, .confirmed, .final, .failed, .reclaimed: return .notAsked
    }
  }
}
