import Foundation
import Testing

@testable import BusKit

struct CronExpressionTests {
  /// A case of `Vectors/cron.json`: expression, zone, start, and the firings after it as another program computed them.
  private struct Vector: Decodable {
    let expression: String
    let zone: String
    let start: Int
    let firings: [Int]

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      expression = try container.decode(String.self)
      zone = try container.decode(String.self)
      start = try container.decode(Int.self)
      firings = try container.decode([Int].self)
    }
  }

  @Test func firingsAreThoseThatAnotherProgramComputes() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/cron.json")
    let vectors = try JSONDecoder().decode([Vector].self, from: Data(contentsOf: file))
    #expect(vectors.count > 1000)
    for vector in vectors {
      let expression = try CronExpression(vector.expression, timeZone: vector.zone)
      var moment = Date(timeIntervalSince1970: Double(vector.start))
      let found = vector.firings.map { _ in
        moment = expression.next(after: moment)
        return Int(moment.timeIntervalSince1970)
      }
      #expect(found == vector.firings, "\(expression) after \(vector.start)")
    }
  }

  @Test(arguments: [
    ("* 60 * * *", "hour", "60"), ("60 * * * *", "minute", "60"), ("-1 * * * *", "minute", "-1"),
    ("+1 * * * *", "minute", "+1"), ("* * 0 * *", "day of month", "0"), ("* * 32 * *", "day of month", "32"),
    ("* * * 13 *", "month", "13"), ("* * * JUNE *", "month", "JUNE"), ("* * * * 8", "day of week", "8"),
    ("* * * * FRI-MON", "day of week", "FRI-MON"), ("5/15 * * * *", "minute", "5/15"),
    ("*/0 * * * *", "minute", "*/0"), ("*/60 * * * *", "minute", "*/60"), ("1, * * * *", "minute", ""),
    ("1-2-3 * * * *", "minute", "1-2-3"), ("*/2/3 * * * *", "minute", "*/2/3"), ("L * * * *", "minute", "L"),
    ("9223372036854775808 * * * *", "minute", "9223372036854775808"), ("١ * * * *", "minute", "١"),
    ("* * * *", "expression", "* * * *"), ("* * * * * *", "expression", "* * * * * *"), ("", "expression", ""),
    ("@reboot", "expression", "@reboot"),
    ("0 0 30 2 *", "day of month", "30"), ("0 0 31 4,6,9,11 *", "day of month", "31"),
  ])
  func aMistakeIsNamedWithItsFieldAndValue(text: String, field: String, value: String) throws {
    let error = try #require(throws: CronError.self) { try CronExpression(text) }
    #expect(error.field == field)
    #expect(error.value == value)
    #expect(error.description.contains(error.allowed) && !error.allowed.isEmpty)
  }

  @Test func whatIsWrongIsSaidWithTheRemedy() {
    #expect(throws: CronError(field: "minute", value: "5/15", allowed: "a step needs a range; write 5-59/15")) {
      try CronExpression("5/15 * * * *")
    }
    #expect(
      throws: CronError(
        field: "day of month", value: "0",
        allowed: "give *, values from 1 to 31, ranges a-b, steps */n or a-b/n, and lists with commas, or L")
    ) { try CronExpression("0 0 0 * *") }
    #expect(throws: CronError.self) { try CronExpression("* * * * *", timeZone: "Mars/Olympus") }
    #expect(throws: CronError.self) { try CronExpression(String(repeating: "1,", count: 200) + "1 * * * *") }
  }

  @Test(arguments: [
    ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"), ("@yearly", "0 0 1 1 *"), ("@Annually", "0 0 1 1 *"), (" 1\t2 * *  * ", "1 2 * * *"),
  ])
  func aNicknameIsItsFiveFields(text: String, fields: String) throws {
    #expect(try CronExpression(text) == CronExpression(fields))
  }

  @Test func aFiringIsNeverItsOwnSuccessor() throws {
    let expression = try CronExpression("30 4 * * *", timeZone: "Europe/Berlin")
    let first = expression.next(after: Date(timeIntervalSince1970: 1_790_000_000.7))
    let second = expression.next(after: first)
    #expect(second.timeIntervalSince(first) == 86_400)
    #expect(expression.next(after: second.addingTimeInterval(-0.001)) == second)
  }

  @Test func theEndsOfTimeAreAnswered() throws {
    let expression = try CronExpression("0 0 29 2 *", timeZone: "America/New_York")
    #expect(expression.next(after: .distantPast) > .distantPast)
    for moment in [Date.distantFuture, Date(timeIntervalSince1970: .infinity), Date(timeIntervalSince1970: .nan)] {
      #expect(expression.next(after: moment) == .distantFuture)
    }
    #expect(expression.next(after: Date.distantFuture.addingTimeInterval(-1)) == .distantFuture)
    let past = Date(timeIntervalSince1970: -.infinity)
    #expect(expression.next(after: past) == expression.next(after: .distantPast))
  }

  @Test(arguments: [("*/5 * * * *", "UTC"), ("30 2 * * *", "Europe/Berlin"), ("* 2 29 2 *", "America/New_York")])
  func theLatestFiringIsTheOneWithNoneAfterIt(text: String, zone: String) throws {
    let expression = try CronExpression(text, timeZone: zone)
    let first = expression.next(after: Date(timeIntervalSince1970: 1_600_000_000))
    for later in [0, 1, 59, 3_600, 86_399, 40_000_000, 190_000_000] {
      let now = first.addingTimeInterval(Double(later) + 0.5)
      let latest = expression.latest(from: first, through: now)
      #expect(latest >= first && latest <= now)
      #expect(expression.next(after: latest) > now)
      #expect(expression.next(after: latest.addingTimeInterval(-1)) == latest)
    }
  }
}
