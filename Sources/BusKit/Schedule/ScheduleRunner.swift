import Foundation
import Logging
import Postgres

/// Fires schedules, each tick once whatever the number of replicas: whoever moves the schedule's time in Postgres runs
/// the tick, in the same transaction. Tasks: write its definitions when it starts, wait for the next time by
/// Postgres' clock, hold back what fails.
struct ScheduleRunner: Sendable {
  let core: BusCore
  let work: [ScheduledWork]

  /// Another replica was first.
  private struct NotDue: Error {}

  /// Also the longest time in which what another replica has written is noticed.
  private static let pauseMax: Duration = .milliseconds(500)
  private static let backoff = Backoff(first: .seconds(1), most: .seconds(60))
  /// A schedule this far behind under another definition belongs to a release that has gone.
  private static let abandonedAfter: TimeInterval = 60

  func run() async {
    guard !work.isEmpty else { return }
    var isFirst = true
    await core.loop("schedules", every: .zero) {
      let pause = try await round(isFirst)
      isFirst = false
      await core.pause(pause)
    }
  }

  /// Fires what is due. Returns how long to wait for the next.
  private func round(_ isFirst: Bool) async throws -> Duration {
    let (now, rows) = try await core.pool.withSession { try ScheduleStore.read(work.map(\.name), in: $0) }
    var pause = Self.pauseMax
    for item in work where !core.isDraining {
      guard let row = rows[item.name], row.definition == item.schedule.definition else {
        if try await register(item, over: rows[item.name], now, isFirst) { pause = .zero }
        continue
      }
      if let next = item.schedule.broughtBack(next: row.nextAt, retryAt: row.retryAt, now: now) {
        try await bringBack(row, to: next)
        pause = .zero
      } else if row.dueAt > now {
        pause = min(pause, .milliseconds(Int64((row.dueAt.timeIntervalSince(now) * 1000).rounded(.up))))
      } else {
        try await attempt(item, row, now)
        pause = .zero
      }
    }
    // Due ticks that another replica is at must not make this one spin.
    return max(pause, .milliseconds(10))
  }

  /// A release that starts brings its definitions along. After that it lets another's stand: replicas of two releases
  /// side by side must not take turns in overwriting each other.
  private func register(
    _ item: ScheduledWork, over row: ScheduleRow?, _ now: Date, _ isFirst: Bool
  ) async throws -> Bool {
    if let row, !isFirst, now.timeIntervalSince(row.dueAt) < Self.abandonedAfter { return false }
    let nextAt = item.schedule.first(now: now, previous: row?.nextAt)
    try await core.pool.withSession {
      try ScheduleStore.register(item.name, item.schedule.definition, nextAt: nextAt, in: $0)
    }
    return true
  }

  /// After Postgres' clock was set forward and back a schedule would be silent until that time comes again.
  private func bringBack(_ row: ScheduleRow, to next: Date) async throws {
    guard try await core.pool.withSession({ try ScheduleStore.reset(row, to: next, in: $0) }) else { return }
    core.logger.warning(
      "a schedule's time lay too far ahead: it is brought back",
      metadata: ["tick": "\(row.name)", "time": "\(row.dueAt)", "next": "\(next)"])
  }

  /// One tick that fails must not hold up the others.
  private func attempt(_ item: ScheduledWork, _ row: ScheduleRow, _ now: Date) async throws {
    do {
      try await fire(item, row, now)
    } catch is NotDue {
      return
    } catch let error as PostgresError where error.isOutage {
      throw error
    } catch {
      if core.isDraining { return }
      core.metrics.counter("energy_bus_ticks_failed_total", labels: [("tick", item.name)]).increment()
      core.logger.warning("a scheduled step failed", metadata: ["tick": "\(item.name)", "error": "\(error)"])
      let (attempts, pause) = Self.outcome(
        of: error, row, now, attemptsMax: core.timing.attemptsMax, random: .random(in: 0..<1))
      let text = "\(error)".storable
      try await core.pool.withSession {
        try ScheduleStore.noteFailure(row, text, attempts: attempts, pause: pause, in: $0)
      }
    }
  }

  /// The kinds of failure mean what they mean for messages. There is no dead letter: the next tick is another chance.
  static func outcome(
    of error: any Error, _ row: ScheduleRow, _ now: Date, attemptsMax: Int, random: Double
  ) -> (attempts: Int, pause: Duration) {
    let usual = backoff.delay(attempt: row.attempts + 1, random: random)
    return switch FailureKind(handling: error) {
    case .throttled(let wait): (row.attempts, wait.time(from: now))
    case .transient(let delay): (row.attempts + 1, delay.map { Wait.after($0).time(from: now) } ?? usual)
    case .permanent: (max(row.attempts + 1, attemptsMax), usual)
    }
  }

  private func fire(_ item: ScheduledWork, _ row: ScheduleRow, _ now: Date) async throws {
    if try await giveUp(item, row, now) { return }
    let time = item.schedule.tick(due: row.nextAt, now: now, missed: item.missed)
    let next = item.schedule.next(after: time)
    if time > row.nextAt {
      core.logger.notice(
        "ticks were missed", metadata: ["tick": "\(item.name)", "from": "\(row.nextAt)", "fired": "\(time)"])
    }
    try await core.runner.transaction(
      needs: item.needs, correlation: "",
      before: { guard try ScheduleStore.advance(row, to: next, in: $0) else { throw NotDue() } },
      { try item.apply(Tick(name: item.name, time: time), $0) })
    core.metrics.counter("energy_bus_ticks_total", labels: [("tick", item.name)]).increment()
  }

  /// When every tick counts, one that can never succeed must not hold up those behind it for ever.
  private func giveUp(_ item: ScheduledWork, _ row: ScheduleRow, _ now: Date) async throws -> Bool {
    let next = item.schedule.next(after: row.nextAt)
    guard case .catchUp = item.missed, row.attempts >= core.timing.attemptsMax, next <= now else { return false }
    if try await core.pool.withSession({ try ScheduleStore.advance(row, to: next, in: $0) }) {
      core.metrics.counter("energy_bus_ticks_given_up_total", labels: [("tick", item.name)]).increment()
      core.logger.critical(
        "a tick was given up",
        metadata: ["tick": "\(item.name)", "time": "\(row.nextAt)", "attempts": "\(row.attempts)"])
    }
    return true
  }
}
