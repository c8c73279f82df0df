import Foundation
import Postgres
import TestKit
import Testing

@testable import BusKit

/// Schedules with a real Postgres, whose clock decides.
struct ScheduleRunnerTests {
  /// A service that notes each tick: one row per firing, with the tick's time.
  private static func timer(_ add: (inout Service) throws -> Void) rethrows -> Service {
    var service = Service(
      name: "timer", schema: "timer",
      migrations: [
        Migration(
          version: 1, name: "notes",
          sql: "create table notes (id text primary key, topic text not null, text text not null)")
      ])
    try add(&service)
    return service
  }

  private static func note(_ tick: Tick, _ unit: UnitOfWork) throws {
    try unit.save(Note(id: UUID.v7().text, topic: tick.name, text: MessageCoder.timestamp(tick.time)))
  }

  private static func times(_ replica: Replica, of name: String) async throws -> [Date] {
    try await replica.notes().filter { $0.topic == name }.compactMap { MessageCoder.date($0.text) }.sorted()
  }

  private static func execute(_ replica: Replica, _ sql: String) async throws {
    _ = try await replica.core.pool.withSession { try $0.execute(sql).affected }
  }

  /// Midnight is hours away from any moment but one; a test that begins in that minute has a firing more.
  private static let cron = "0 0 * * *"

  @Test func twoReplicasFireEachTickOnce() async throws {
    try await World.run { world in
      let runs = Diary<Date>()
      let service = Self.timer { service in
        service.every("beat", .milliseconds(100), missed: .catchUp(max: 1000)) { tick, unit in
          runs.write(tick.time)
          try Self.note(tick, unit)
        }
      }
      let replicas = [try await world.start(service), try await world.start(service)]
      try await eventually { try await replicas[0].notes().count >= 12 }
      for replica in replicas { try await replica.stop() }
      let found = runs.lines.sorted()
      #expect(Set(found).count == found.count)
      for (a, b) in zip(found, found.dropFirst()) { #expect(abs(b.timeIntervalSince(a) - 0.1) < 0.001) }
    }
  }

  @Test(arguments: [(MissedTicks.skip, [0]), (.catchUp(max: 2), [1, 0]), (.catchUp(max: 9), [3, 2, 1, 0])])
  func aServiceThatWasDownMakesUpForMissedTicks(missed: MissedTicks, daysAgo: [Int]) async throws {
    try await World.run { world in
      let service = try Self.timer { try $0.cron("daily", Self.cron, missed: missed, apply: Self.note) }
      let before = try await world.start(service)
      let midnight = try CronExpression(Self.cron).next(after: Date()).addingTimeInterval(-86_400)
      try await eventually { try await before.number("select count(*) as n from schedules") == 1 }
      try await Self.execute(before, "update schedules set next_at = next_at - interval '4 days'")
      let expected = daysAgo.map { midnight.addingTimeInterval(Double($0) * -86_400) }
      let after = try await world.start(service)
      try await eventually { try await after.notes().count >= expected.count }
      // Whatever else would fire would do so before the schedule lies in the future.
      try await eventually {
        try await after.number("select count(*) as n from schedules where next_at > clock_timestamp()") == 1
      }
      #expect(try await Self.times(after, of: "daily") == expected)
    }
  }

  @Test func aChangedExpressionTakesItsPlaceAtOnce() async throws {
    try await World.run { world in
      let before = try await world.start(try Self.timer { try $0.cron("report", "0 0 1 1 *", apply: Self.note) })
      let isYearly = "select count(*) as n from schedules where definition = 'cron 0 0 1 1 * UTC'"
      try await eventually { try await before.number(isYearly) == 1 }
      let after = try await world.start(
        try Self.timer { try $0.cron("report", "* * * * *", timeZone: "Asia/Shanghai", apply: Self.note) })
      try await eventually {
        try await after.number(
          """
          select count(*) as n from schedules where definition = 'cron * * * * * Asia/Shanghai'
            and next_at between clock_timestamp() and clock_timestamp() + interval '1 minute'
          """) == 1
      }
      // The older release lets it stand.
      try await Task.sleep(for: .milliseconds(700))
      #expect(try await before.number(isYearly) == 0)
      // Until the newer one has gone: rolled back.
      try await after.stop()
      try await Self.execute(before, "update schedules set next_at = clock_timestamp() - interval '2 minutes'")
      try await eventually { try await before.number(isYearly) == 1 }
    }
  }

  @Test func aTickThatFailsLeavesNothingBehindIsHeldBackAndHoldsUpNoOther() async throws {
    try await World.run { world in
      let runs = Diary<Date>()
      let service = Self.timer { service in
        service.every("bad", .seconds(3600), missed: .skip) { tick, unit in
          try Self.note(tick, unit)
          if runs.write(tick.time) < 2 { throw TransientFailure("not yet", delay: .milliseconds(900)) }
        }
        service.every("good", .milliseconds(50), missed: .skip, apply: Self.note)
      }
      let replica = try await world.start(service)
      try await eventually { runs.lines.count == 1 }
      try await eventually {
        try await replica.number(
          """
          select count(*) as n from schedules where name = 'bad' and attempts = 1 and last_error = 'not yet'
            and retry_at > clock_timestamp()
          """) == 1
      }
      #expect(try await Self.times(replica, of: "bad").isEmpty)
      let good = try await Self.times(replica, of: "good").count
      try await eventually { try await Self.times(replica, of: "good").count > good }
      try await eventually { try await Self.times(replica, of: "bad").count == 1 }
      #expect(Set(runs.lines).count == 1)
      #expect(try await replica.number("select attempts as n from schedules where name = 'bad'") == 0)
    }
  }

  @Test func anErrorThatPostgresCannotStoreHoldsUpNoOtherEither() async throws {
    try await World.run { world in
      let service = Self.timer { service in
        service.every("bad", .seconds(3600), missed: .skip) { _, _ in throw PermanentFailure("a\0b") }
        service.every("good", .milliseconds(50), missed: .skip, apply: Self.note)
      }
      let replica = try await world.start(service)
      try await eventually { try await Self.times(replica, of: "good").count > 2 }
      #expect(try await replica.number("select count(*) as n from schedules where last_error = 'ab'") == 1)
    }
  }

  @Test func whenEveryTickCountsOneThatCanNeverSucceedMakesWay() async throws {
    try await World.run { world in
      let service = try Self.timer { service in
        try service.cron("daily", Self.cron, missed: .catchUp(max: 3)) { tick, unit in
          if unit.now.timeIntervalSince(tick.time) > 2 * 86_400 { throw PermanentFailure("too old") }
          try Self.note(tick, unit)
        }
      }
      let replica = try await world.start(service)
      try await eventually { try await replica.number("select count(*) as n from schedules") == 1 }
      try await Self.execute(replica, "update schedules set next_at = next_at - interval '3 days'")
      try await eventually { try await replica.notes().count == 2 }
      #expect(replica.bus.metrics.render().contains(#"energy_bus_ticks_given_up_total{tick="daily"} 1"#))
    }
  }

  @Test func anIntervalThatAJumpOfTheClockHasLeftFarAheadFiresAgainOnItsGrid() async throws {
    try await World.run { world in
      let service = Self.timer { $0.every("beat", .seconds(3), missed: .skip, apply: Self.note) }
      let replica = try await world.start(service)
      try await eventually { try await Self.times(replica, of: "beat").count == 1 }
      try await Self.execute(replica, "update schedules set next_at = next_at + interval '8760 hours'")
      try await eventually { try await Self.times(replica, of: "beat").count >= 2 }
      let times = try await Self.times(replica, of: "beat")
      let steps = times[1].timeIntervalSince(times[0]) / 3
      #expect(abs(steps - steps.rounded()) < 0.01 && steps < 100)
      #expect(
        try await replica.number(
          "select count(*) as n from schedules where next_at <= clock_timestamp() + interval '3 seconds'") == 1)
    }
  }

  @Test func aCronScheduleThatAJumpOfTheClockHasLeftFarAheadGoesOnWithItsNextTick() async throws {
    try await World.run { world in
      let replica = try await world.start(try Self.timer { try $0.cron("daily", Self.cron, apply: Self.note) })
      let isNext = """
        select count(*) as n from schedules
        where next_at between clock_timestamp() and clock_timestamp() + interval '24 hours'
        """
      try await eventually { try await replica.number(isNext) == 1 }
      try await Self.execute(replica, "update schedules set next_at = next_at + interval '720 hours'")
      try await eventually { try await replica.number(isNext) == 1 }
      #expect(try await Self.times(replica, of: "daily").isEmpty)
    }
  }

  @Test func aTickThatFailedWhileTheClockWasFarAheadIsTriedAgain() async throws {
    try await World.run { world in
      let service = Self.timer { $0.every("hourly", .seconds(3600), missed: .skip, apply: Self.note) }
      let replica = try await world.start(service)
      try await eventually { try await Self.times(replica, of: "hourly").count == 1 }
      try await Self.execute(
        replica,
        """
        update schedules set attempts = 1, next_at = clock_timestamp() - interval '1 second',
          retry_at = clock_timestamp() + interval '720 hours'
        """)
      try await eventually { try await Self.times(replica, of: "hourly").count == 2 }
    }
  }

  @Test func aRowOfTheReleaseBeforeKeepsItsTime() async throws {
    try await World.run { world in
      let service = Self.timer { $0.every("hourly", .seconds(3600)) { _ in } }
      let replica = try await world.start(Self.timer { $0.every("other", .seconds(7200)) { _ in } })
      try await Self.execute(
        replica, "insert into schedules (name, next_at) values ('hourly', clock_timestamp() + interval '10 minutes')")
      let next = try await world.start(service)
      try await eventually {
        try await next.number("select count(*) as n from schedules where definition = 'every 3600000 ms'") == 1
      }
      #expect(
        try await next.number(
          "select extract(minute from next_at - now())::int as n from schedules where name = 'hourly'") == 9)
    }
  }
}
