import Foundation

/// When something periodic is due, and which of several missed ticks fires next. Pure: the time is passed in.
enum Schedule: Sendable, Equatable {
  case interval(Duration)
  case cron(CronExpression)

  /// What is stored beside the next time, so that a changed schedule is noticed.
  var definition: String {
    switch self {
    case .interval(let interval): "every \(interval.milliseconds) ms"
    case .cron(let expression): "cron \(expression)"
    }
  }

  /// The first tick of a schedule that is new or has changed. An interval begins at once, or keeps the time its
  /// predecessor had if that is sooner than a whole interval.
  func first(now: Date, previous: Date?) -> Date {
    switch self {
    case .interval(let interval): previous.map { min($0, now.addingTimeInterval(interval.timeInterval)) } ?? now
    case .cron(let expression): expression.next(after: now)
    }
  }

  func next(after tick: Date) -> Date {
    switch self {
    case .interval(let interval): tick.addingTimeInterval(interval.timeInterval)
    case .cron(let expression): expression.next(after: tick)
    }
  }

  /// Whether a next time lies further ahead than it can: the clock was set forward when it was written, and back since.
  /// The tick after the next may be waited for, so that a clock set back by less than a tick fires none twice.
  func isAstray(next: Date, now: Date) -> Bool {
    switch self {
    case .interval(let interval):
      return next.timeIntervalSince(now) > 2 * interval.timeInterval + Self.slackSeconds
    case .cron(let expression):
      let soonest = expression.next(after: now)
      return next > soonest && next > expression.next(after: soonest)
    }
  }

  /// A clock that is corrected by less makes a tick late by less.
  private static let slackSeconds: TimeInterval = 1

  /// What a next time is set to when it, or the next attempt of its tick, lies further ahead than it can; nil: both
  /// stand. What lies astray goes to the first tick from now on: of an interval, on its grid.
  /// - Parameter retryAt: at most `Wait.longest` after the failure.
  func broughtBack(next: Date, retryAt: Date?, now: Date) -> Date? {
    guard isAstray(next: next, now: now) else {
      let wait = retryAt?.timeIntervalSince(now) ?? 0
      return wait > Wait.longest.timeInterval + Self.slackSeconds ? next : nil
    }
    switch self {
    case .interval(let interval):
      let ticks = (next.timeIntervalSince(now) / interval.timeInterval).rounded(.down)
      return next.addingTimeInterval(-ticks * interval.timeInterval)
    case .cron(let expression): return expression.next(after: now)
    }
  }

  /// The tick to fire when the one due at `due` has come.
  func tick(due: Date, now: Date, missed: MissedTicks) -> Date {
    switch missed {
    case .skip: last(1, from: due, through: now)
    case .catchUp(let most): last(min(max(1, most), Self.catchUpMax), from: due, through: now)
    }
  }

  private static let catchUpMax = 1000

  /// The earliest of the last `count` ticks in `due ... now`.
  private func last(_ count: Int, from due: Date, through now: Date) -> Date {
    guard due < now else { return due }
    switch self {
    case .interval(let interval):
      let missed = (now.timeIntervalSince(due) / interval.timeInterval).rounded(.down)
      return due.addingTimeInterval(max(0, missed - Double(count - 1)) * interval.timeInterval)
    case .cron(let expression):
      var tick = due
      for _ in 0..<count { tick = expression.next(after: tick) }
      guard tick <= now else { return due }
      tick = expression.latest(from: due, through: now)
      for _ in 1..<max(1, count) { tick = expression.latest(from: due, through: tick.addingTimeInterval(-1)) }
      return tick
    }
  }
}

/// A schedule with what it runs.
struct ScheduledWork: Sendable {
  let name: String
  let schedule: Schedule
  let missed: MissedTicks
  let needs: [Need]
  let apply: @Sendable (Tick, UnitOfWork) throws -> Void
}
