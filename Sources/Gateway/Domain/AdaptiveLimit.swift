/// How many may be in work at once, found out by how long they take: additive increase, multiplicative decrease, as TCP
/// finds its window. A value: time is passed in.
///
/// - A round is as many answers as the limit. While it is in use and answers come in time, it grows by one a round.
/// - An answer is slow when it takes more than four fifths of the goal, or does not come. More than a tenth of a round
///   lower it: once for all that were let in before, since these say nothing of the lower limit. The last fifth of the
///   goal is for those: they are slow, but not late. Fewer have reasons of their own.
/// - After a standstill it grows by one an answer, up to half of what it was.
/// - It never falls below `minimum`: what is let in then is the probe that finds out when times are better.
struct AdaptiveLimit: Sendable, Equatable {
  struct Settings: Sendable, Equatable {
    var start = 64
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
  private static let slowShare = 10

  let settings: Settings
  private(set) var inWork = 0
  private var limit: Double
  /// Below it grows fast.
  private var threshold = 0.0
  private var lowered: Duration?
  /// Of this round.
  private var inTime = 0
  private var slow = 0

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
      if ticket.isLimitUsed {
        limit = min(Double(settings.maximum), limit + (limit < threshold ? 1 : 1 / limit))
      }
      inTime += 1
      if inTime + slow >= current { (inTime, slow) = (0, 0) }
    case .came: noteSlow(ticket, by: Self.slower, now)
    case .neverCame: noteSlow(ticket, by: Self.halted, now)
    case .noEvidence: return
    }
  }

  private mutating func noteSlow(_ ticket: Ticket, by factor: Double, _ now: Duration) {
    if let lowered, ticket.at < lowered { return }
    slow += 1
    guard slow * Self.slowShare > current else { return }
    // While it halves again and again, the first time counts: what was right before the standstill.
    if factor == Self.slower || limit > threshold { threshold = limit * factor }
    limit = max(Double(settings.minimum), limit * factor)
    lowered = now
    (inTime, slow) = (0, 0)
  }
}
