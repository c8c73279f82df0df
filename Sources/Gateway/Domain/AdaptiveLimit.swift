/// How many may be in work at once, found out by how long they take: additive increase, multiplicative decrease, as TCP
/// finds its window. A value: time is passed in.
///
/// - While it is in use and answers come in time, it grows by one for each round of as many answers.
/// - An answer that takes more than four fifths of the goal, or does not come, lowers it: once for all that were let in
///   before, since these say nothing of the lower limit. The last fifth is for those: they are slow, but not late.
/// - It never falls below `minimum`: what is let in then is the probe that finds out when times are better.
struct AdaptiveLimit: Sendable, Equatable {
  struct Settings: Sendable, Equatable {
    var start = 32
    var minimum = 4
    var maximum = 128
    /// What an answer should not take longer than.
    var goal = Duration.milliseconds(1500)
  }

  /// What the wait of one that was let in has shown.
  enum Word: Sendable, Equatable {
    case came(after: Duration)
    /// Nothing within the time that anybody waits.
    case neverCame
    /// It ended otherwise, and says nothing of the load.
    case noEvidence
  }

  struct Ticket: Sendable, Equatable {
    fileprivate let at: Duration
    fileprivate let isLimitUsed: Bool
  }

  private static let slower = 0.8
  private static let halted = 0.5

  let settings: Settings
  private(set) var inWork = 0
  private var limit: Double
  private var lowered: Duration?

  init(_ settings: Settings = Settings()) {
    self.settings = settings
    limit = Double(min(max(settings.start, settings.minimum), settings.maximum))
  }

  /// The most that may be in work at the moment.
  var current: Int { Int(limit) }

  /// nil: no room. Whoever has a ticket ends it, once.
  /// - Parameter now: time since any fixed instant.
  mutating func admit(at now: Duration) -> Ticket? {
    guard inWork < current else { return nil }
    inWork += 1
    return Ticket(at: now, isLimitUsed: inWork * 2 >= current)
  }

  mutating func end(_ ticket: Ticket, _ word: Word, at now: Duration) {
    inWork -= 1
    switch word {
    case .came(let time) where time * 5 <= settings.goal * 4:
      guard ticket.isLimitUsed else { return }
      limit = min(Double(settings.maximum), limit + 1 / limit)
    case .came: lower(ticket, by: Self.slower, now)
    case .neverCame: lower(ticket, by: Self.halted, now)
    case .noEvidence: return
    }
  }

  private mutating func lower(_ ticket: Ticket, by factor: Double, _ now: Duration) {
    if let lowered, ticket.at < lowered { return }
    limit = max(Double(settings.minimum), limit * factor)
    lowered = now
  }
}
