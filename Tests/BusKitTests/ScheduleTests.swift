import Foundation
import Testing

@testable import BusKit

/// The rules of schedules on values: no server, no clock.
struct ScheduleTests {
  private static let start = Date(timeIntervalSince1970: 1_790_000_040)  // 14:14:00 UTC
  private static func time(_ minutes: Double) -> Date { start.addingTimeInterval(minutes * 60) }
  private static let interval = Schedule.interval(.seconds(60))

  private static func everyMinute() throws -> Schedule { .cron(try CronExpression("* * * * *")) }

  @Test(arguments: [
    (0.0, MissedTicks.skip, 0.0), (0.9, .skip, 0), (1, .skip, 1), (7.5, .skip, 7), (100_000, .skip, 100_000),
    (0.5, .catchUp(max: 3), 0), (2.5, .catchUp(max: 3), 0), (3, .catchUp(max: 3), 1), (7.5, .catchUp(max: 3), 5),
    (7.5, .catchUp(max: 1), 7), (7.5, .catchUp(max: 0), 7), (7.5, .catchUp(max: -1), 7),
    (1500, .catchUp(max: .max), 501),
  ])
  func afterAPauseTheMissedTicksAreMadeUpForAsAsked(nowMinutes: Double, missed: MissedTicks, tick: Double) throws {
    for schedule in [Self.interval, try Self.everyMinute()] {
      #expect(schedule.tick(due: Self.start, now: Self.time(nowMinutes), missed: missed) == Self.time(tick))
    }
  }

  @Test func anIntervalStaysOnItsGridHoweverLateItFires() {
    let tick = Self.interval.tick(due: Self.start, now: Self.time(2.7), missed: .skip)
    #expect(Self.interval.next(after: tick) == Self.time(3))
  }

  @Test func aNewIntervalFiresAtOnceAndAChangedOneKeepsTheSoonerTime() {
    #expect(Self.interval.first(now: Self.start, previous: nil) == Self.start)
    #expect(Self.interval.first(now: Self.start, previous: Self.time(0.5)) == Self.time(0.5))
    #expect(Self.interval.first(now: Self.start, previous: Self.time(500)) == Self.time(1))
  }

  @Test(arguments: [(-500.0, false), (0, false), (1, false), (2, false), (3, true), (500, true)])
  func aNextTimeLiesNoFurtherAheadThanTheTickAfterTheNext(minutes: Double, isAstray: Bool) throws {
    for schedule in [Self.interval, try Self.everyMinute()] {
      #expect(schedule.isAstray(next: Self.time(minutes), now: Self.start) == isAstray)
    }
  }

  @Test(arguments: [(2.01, false), (2.02, true)])
  func aSecondMoreIsNothingToAnInterval(minutes: Double, isAstray: Bool) {
    #expect(Self.interval.isAstray(next: Self.time(minutes), now: Self.start) == isAstray)
  }

  @Test func whatLiesTooFarAheadIsBroughtBackToTheFirstTickFromNowOn() throws {
    let far = Self.time(500.5)
    #expect(Self.interval.broughtBack(next: far, retryAt: nil, now: Self.start) == Self.time(0.5))
    #expect(try Self.everyMinute().broughtBack(next: far, retryAt: nil, now: Self.start) == Self.time(1))
    let monthly = Schedule.cron(try CronExpression("0 0 1 * *"))
    let (october, november) = (Date(timeIntervalSince1970: 1_790_812_800), Date(timeIntervalSince1970: 1_793_491_200))
    let december = Date(timeIntervalSince1970: 1_796_083_200)
    // Its tick of November came early: it waits for the next.
    #expect(monthly.broughtBack(next: december, retryAt: nil, now: october) == nil)
    let january = monthly.next(after: december)
    #expect(monthly.broughtBack(next: january, retryAt: nil, now: october) == november)
  }

  @Test(arguments: [(0.0, 0.5, false), (0, 7, false), (0, 7.1, true), (-30.0, 30, true), (0.0005, 30, true)])
  func anAttemptLiesNoFurtherAheadThanTheLongestWait(nextDays: Double, retryDays: Double, isBroughtBack: Bool) throws {
    let (next, retryAt) = (Self.time(nextDays * 1_440), Self.time(retryDays * 1_440))
    for schedule in [Self.interval, try Self.everyMinute()] {
      let brought = schedule.broughtBack(next: next, retryAt: retryAt, now: Self.start)
      #expect(brought == (isBroughtBack ? next : nil))
    }
  }

  @Test func noFailureHoldsATickBackForLongerThanTheLongestWait() {
    let row = ScheduleRow(name: "tick", definition: "", nextAt: Self.start, attempts: 2, retryAt: nil)
    let month = Duration.seconds(30 * 86_400)
    let errors: [any Error] = [TransientFailure("later", delay: month), Throttled("later", after: month)]
    for error in errors {
      let outcome = ScheduleRunner.outcome(of: error, row, Self.start, attemptsMax: 8, random: 0.5)
      #expect(outcome.pause == Wait.longest)
    }
  }

  @Test func aCronScheduleStartsAtItsNextTimeWhateverWasBefore() throws {
    let schedule = try Self.everyMinute()
    #expect(schedule.first(now: Self.time(0.5), previous: nil) == Self.time(1))
    #expect(schedule.first(now: Self.time(0.5), previous: Self.time(-9)) == Self.time(1))
  }

  @Test func aDefinitionTellsExpressionsZonesAndIntervalsApart() throws {
    let definitions = [
      Self.interval.definition, Schedule.interval(.milliseconds(60)).definition, try Self.everyMinute().definition,
      Schedule.cron(try CronExpression("* * * * *", timeZone: "Asia/Shanghai")).definition,
      Schedule.cron(try CronExpression("*/2 * * * *")).definition,
    ]
    #expect(Set(definitions).count == definitions.count)
  }
}
