import Foundation

/// `timestamptz` as text, with microseconds and in UTC, which every session is set to.
enum PostgresTimestamp {
  private static let microsPerDay: Int64 = 86_400_000_000
  /// Days from 1970-01-01 to 2001-01-01, where `Date` has its zero.
  private static let referenceDay: Int64 = 11_323

  /// Appends `2026-11-21 05:43:40.123456+00`.
  static func append(_ date: Date, to buffer: inout [UInt8]) throws {
    try append(date, separator: UInt8(ascii: " "), to: &buffer)
    buffer.append(contentsOf: "+00".utf8)
  }

  /// `2026-11-21T05:43:40.123456Z`, for dates inside JSON.
  static func iso(_ date: Date) throws -> String {
    var buffer: [UInt8] = []
    try append(date, separator: UInt8(ascii: "T"), to: &buffer)
    return String(decoding: buffer + "Z".utf8, as: UTF8.self)
  }

  private static func append(_ date: Date, separator: UInt8, to buffer: inout [UInt8]) throws {
    let micros = (date.timeIntervalSinceReferenceDate * 1_000_000).rounded()
    // Years 1 to 9999, measured from 2001.
    guard micros >= -63_113_904_000_000_000, micros < 252_423_993_600_000_000 else {
      throw PostgresError(.encoding, "A date outside the years 1 to 9999 cannot be stored.")
    }
    let total = Int64(micros)
    let days = total.quotientFloor(microsPerDay)
    let rest = total - days * microsPerDay
    let (year, month, day) = civil(days + referenceDay)
    let seconds = rest / 1_000_000
    append(year, 4, to: &buffer)
    for part in [month, day] { append(part, 2, to: &buffer, after: UInt8(ascii: "-")) }
    append(seconds / 3600, 2, to: &buffer, after: separator)
    for part in [seconds / 60 % 60, seconds % 60] { append(part, 2, to: &buffer, after: UInt8(ascii: ":")) }
    append(rest % 1_000_000, 6, to: &buffer, after: UInt8(ascii: "."))
  }

  /// Reads both forms, with or without fraction, with any offset; nil for `infinity`, dates BC and anything else.
  static func date(_ text: String) -> Date? {
    var text = text
    return text.withUTF8 { date(UnsafeRawBufferPointer($0)) }
  }

  static func date(_ text: UnsafeRawBufferPointer) -> Date? {
    var bytes = text[...]
    guard let year = digits(&bytes), take("-", &bytes), let month = digits(&bytes), take("-", &bytes),
      let day = digits(&bytes), take(" ", &bytes) || take("T", &bytes), let hour = digits(&bytes), take(":", &bytes),
      let minute = digits(&bytes), take(":", &bytes), let second = digits(&bytes),
      (1...12).contains(month), (1...31).contains(day), hour < 25, minute < 60, second < 61, year < 10_000
    else { return nil }
    guard let fraction = fraction(&bytes), let offset = offset(&bytes), bytes.isEmpty else { return nil }
    let days = dayNumber(year, month, day) - referenceDay
    let micros = ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + fraction - offset * 1_000_000
    return Date(timeIntervalSinceReferenceDate: Double(micros) / 1_000_000)
  }

  private static func digits(_ bytes: inout Slice<UnsafeRawBufferPointer>) -> Int64? {
    var (value, count): (Int64, Int) = (0, 0)
    while let byte = bytes.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      value = value &* 10 &+ Int64(byte - UInt8(ascii: "0"))
      count += 1
      bytes = bytes.dropFirst()
    }
    return (1...6).contains(count) ? value : nil
  }

  private static func take(_ mark: Unicode.Scalar, _ bytes: inout Slice<UnsafeRawBufferPointer>) -> Bool {
    guard bytes.first == UInt8(ascii: mark) else { return false }
    bytes = bytes.dropFirst()
    return true
  }

  /// Microseconds after the decimal point; 0 without one.
  private static func fraction(_ bytes: inout Slice<UnsafeRawBufferPointer>) -> Int64? {
    guard take(".", &bytes) else { return 0 }
    let before = bytes.count
    guard var value = digits(&bytes) else { return nil }
    for _ in (before - bytes.count)..<6 { value *= 10 }
    return value
  }

  /// Seconds east of Greenwich.
  private static func offset(_ bytes: inout Slice<UnsafeRawBufferPointer>) -> Int64? {
    if take("Z", &bytes) { return 0 }
    let west = take("-", &bytes)
    guard west || take("+", &bytes), let hours = digits(&bytes) else { return nil }
    var seconds = hours * 3600
    for unit: Int64 in [60, 1] where take(":", &bytes) {
      guard let part = digits(&bytes) else { return nil }
      seconds += part * unit
    }
    return west ? -seconds : seconds
  }

  /// Days since 1970-01-01 in the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").
  private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = y.quotientFloor(400)
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let z = days + 719_468
    let era = z.quotientFloor(146_097)
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let mp = (5 * dayOfYear + 2) / 153
    let month = mp < 10 ? mp + 3 : mp - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * mp + 2) / 5 + 1)
  }

  /// A number of so many digits, zeros in front.
  private static func append(_ value: Int64, _ width: Int, to buffer: inout [UInt8], after separator: UInt8? = nil) {
    if let separator { buffer.append(separator) }
    var divisor: Int64 = 1
    for _ in 1..<width { divisor *= 10 }
    while divisor > 0 {
      buffer.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
      divisor /= 10
    }
  }
}

extension Int64 {
  /// Division that rounds towards minus infinity; `divisor` is positive.
  fileprivate func quotientFloor(_ divisor: Int64) -> Int64 {
    self >= 0 ? self / divisor : -((divisor - 1 - self) / divisor)
  }
}
