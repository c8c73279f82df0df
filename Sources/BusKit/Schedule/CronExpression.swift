import Foundation

/// When something is to happen again and again: `*/5 * * * *`, in a time zone.
///
/// Five fields: minute (0-59), hour (0-23), day of month (1-31, or `L` for the last), month (1-12 or JAN-DEC), day of
/// week (0-7 or SUN-SAT; 0 and 7 are Sunday). Each is `*`, a value, a range `a-b`, a range with a step (`*/n`,
/// `a-b/n`), or a list of these with commas. In place of the five: `@hourly`, `@daily` (`@midnight`), `@weekly`,
/// `@monthly`, `@yearly` (`@annually`).
///
/// As in Vixie cron, when both day fields are restricted a day fits if *either* does; when one of them begins with `*`,
/// *both* must.
///
/// When clocks change, as in Debian's cron:
/// - An expression with a fixed minute and hour (neither begins with `*`) fires once per local time: at the first
///   instant after the gap when clocks skip its time, and at the first of the two when its time comes twice.
/// - One whose minute or hour begins with `*` follows the clock on the wall: what is skipped is skipped, and the hour
///   that comes twice has its firings twice, so that `*/5` is never silent for an hour.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
  /// The most characters of an expression.
  public static let lengthMax = 200

  /// The five fields.
  public let text: String
  /// As given: Foundation has names of its own for some zones.
  public let timeZoneIdentifier: String
  /// The text and the time zone: equal for equal schedules.
  public var description: String { "\(text) \(timeZoneIdentifier)" }

  let timeZone: TimeZone
  let minutes: UInt64
  let hours: UInt64
  let days: UInt64
  let months: UInt64
  /// Bits 0 to 6; Sunday is 0.
  let weekdays: UInt64
  let hasLastDay: Bool
  /// Whether a day must fit both day fields; otherwise either.
  let needsBothDays: Bool
  let followsWallClock: Bool

  /// - Parameter timeZone: an identifier of the tz database: `UTC`, `Asia/Shanghai`.
  /// - Throws: `CronError` with the field, the value and what is allowed; also for one that would never fire.
  public init(_ text: String, timeZone identifier: String = "UTC") throws(CronError) {
    guard text.utf8.count <= Self.lengthMax else {
      throw CronError(field: "expression", value: text, allowed: "at most \(Self.lengthMax) characters")
    }
    guard let zone = TimeZone(identifier: identifier) else {
      throw CronError(
        field: "time zone", value: identifier, allowed: "give an identifier like UTC or Asia/Shanghai")
    }
    let fields = try Self.fields(of: text)
    self.text = fields.joined(separator: " ")
    timeZone = zone
    timeZoneIdentifier = identifier
    minutes = try CronField.minute.parse(fields[0])
    hours = try CronField.hour.parse(fields[1])
    let dayTerms = fields[2].split(separator: ",", omittingEmptySubsequences: false)
    hasLastDay = dayTerms.contains { $0 == "L" || $0 == "l" }
    let numbered = dayTerms.filter { $0 != "L" && $0 != "l" }
    days = numbered.isEmpty ? 0 : try CronField.dayOfMonth.parse(Substring(numbered.joined(separator: ",")))
    months = try CronField.month.parse(fields[3])
    let week = try CronField.dayOfWeek.parse(fields[4])
    weekdays = (week | week >> 7) & 0x7f
    needsBothDays = fields[2].hasPrefix("*") || fields[4].hasPrefix("*")
    followsWallClock = fields[0].hasPrefix("*") || fields[1].hasPrefix("*")
    guard canFire else {
      throw CronError(
        field: "day of month", value: String(fields[2]), allowed: "no month of '\(fields[3])' has this day")
    }
  }

  private static func fields(of text: String) throws(CronError) -> [Substring] {
    let fields = text.split { $0 == " " || $0 == "\t" }
    if fields.count == 1, let long = nicknames[fields[0].lowercased()] { return long.split(separator: " ") }
    guard fields.count == 5 else {
      throw CronError(
        field: "expression", value: text,
        allowed: "give 5 fields (minute, hour, day of month, month, day of week) or one of "
          + nicknames.keys.sorted().joined(separator: " "))
    }
    return fields
  }

  private static let nicknames = [
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
  ]

  /// False for 30 February. When either day field suffices some weekday always comes; and a 29 February falls on every
  /// weekday in time.
  private var canFire: Bool {
    if hasLastDay || !needsBothDays { return true }
    return (1...12).contains { month in
      months & 1 << UInt64(month) != 0 && days.trailingZeroBitCount <= CivilDate.daysMax(ofMonth: month)
    }
  }
}
