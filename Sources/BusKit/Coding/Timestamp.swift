import Foundation

/// A moment to the millisecond as ISO 8601 text in UTC, `2026-01-31T12:00:00.123Z`, by integer arithmetic.
///
/// It knows the years 1583 to 9999: all of the Gregorian calendar that has four digits. For everything else Foundation
/// is asked, which knows the calendar before and years of any length.
struct Timestamp {
  static let textLength = 24
  private static let first: Int64 = -12_212_553_600_000
  private static let last: Int64 = 253_402_300_799_999
  /// Seconds between 1970 and 2001, from which `Date` counts.
  private static let reference: Int64 = 978_307_200
  /// Nothing is written before the year 1, which nobody reads back, and after the year 300,000 or so: calendars
  /// overflow somewhere beyond.
  private static let seconds = -62_135_769_600...1e13

  /// Since 1970.
  let milliseconds: Int64

  /// nil for a year that is not of 1583 to 9999.
  init?(_ date: Date) {
    let value = (date.timeIntervalSince1970 * 1000).rounded()
    guard value >= Double(Self.first), value <= Double(Self.last) else { return nil }
    milliseconds = Int64(value)
  }

  /// `Date` counts from 2001. Summed up in the order of Foundation's parser, whose bits this gives.
  var date: Date {
    let sinceReference = milliseconds - Self.reference * 1000
    let day = Self.floorDivide(sinceReference, 86_400_000)
    let ofDay = sinceReference - day * 86_400_000
    return Date(
      timeIntervalSinceReferenceDate: Double(day * 86_400) + (Double(ofDay / 1000) + Double(ofDay % 1000) / 1000))
  }

  // MARK: - Any date

  static func text(_ date: Date) -> String {
    if let timestamp = Timestamp(date) {
      return String(unsafeUninitializedCapacity: textLength) { buffer in
        guard let base = buffer.baseAddress else { return 0 }
        timestamp.write(to: base)
        return textLength
      }
    }
    if let text = unusual(date) { return text }
    return unusual(Date(timeIntervalSince1970: date.timeIntervalSince1970 > 0 ? seconds.upperBound : seconds.lowerBound))
      ?? ""
  }

  static func date(_ text: String) -> Date? {
    var text = text
    if let timestamp = text.withUTF8({ Timestamp($0) }) { return timestamp.date }
    if let date = try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)) { return date }
    return try? Date(text, strategy: .iso8601)
  }

  /// nil for a date too far away to be written.
  static func unusual(_ date: Date) -> String? {
    guard seconds.contains(date.timeIntervalSince1970) else { return nil }
    // Formatting cuts what is below a millisecond, and a binary fraction is often a hair below: round first.
    let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
    return Date(timeIntervalSince1970: (milliseconds + 0.25) / 1000)
      .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  // MARK: - Writing

  /// Writes `textLength` bytes.
  func write(to target: UnsafeMutablePointer<UInt8>) {
    let days = Self.floorDivide(milliseconds, 86_400_000)
    var rest = milliseconds - days * 86_400_000
    let (year, month, day) = Self.civil(days)
    Self.put(year / 100, to: target)
    Self.put(year % 100, to: target + 2)
    target[4] = UInt8(ascii: "-")
    Self.put(month, to: target + 5)
    target[7] = UInt8(ascii: "-")
    Self.put(day, to: target + 8)
    target[10] = UInt8(ascii: "T")
    Self.put(rest / 3_600_000, to: target + 11)
    rest %= 3_600_000
    target[13] = UInt8(ascii: ":")
    Self.put(rest / 60_000, to: target + 14)
    rest %= 60_000
    target[16] = UInt8(ascii: ":")
    Self.put(rest / 1000, to: target + 17)
    rest %= 1000
    target[19] = UInt8(ascii: ".")
    target[20] = 0x30 + UInt8(truncatingIfNeeded: rest / 100)
    Self.put(rest % 100, to: target + 21)
    target[23] = UInt8(ascii: "Z")
  }

  @inline(__always)
  private static func put(_ value: Int64, to target: UnsafeMutablePointer<UInt8>) {
    target[0] = 0x30 + UInt8(truncatingIfNeeded: value / 10)
    target[1] = 0x30 + UInt8(truncatingIfNeeded: value % 10)
  }

  // MARK: - Reading

  /// Reads exactly `2026-01-31T12:00:00.123Z` or `2026-01-31T12:00:00Z`; nil for any other form, and for a day or hour
  /// that its month or day does not have.
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    guard text.count == Self.textLength || text.count == 20, text[text.count - 1] == UInt8(ascii: "Z"),
      text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"), text[10] == UInt8(ascii: "T"),
      text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
      let century = Self.number(text, 0), let ofCentury = Self.number(text, 2), let month = Self.number(text, 5),
      let day = Self.number(text, 8), let hour = Self.number(text, 11), let minute = Self.number(text, 14),
      let second = Self.number(text, 17)
    else { return nil }
    let year = century * 100 + ofCentury
    guard year >= 1583, 1...12 ~= month, 1...Self.days(month, year) ~= day, hour < 24, minute < 60, second < 60 else {
      return nil
    }
    var fraction: Int64 = 0
    if text.count == Self.textLength {
      let tenths = text[20] &- 0x30
      guard text[19] == UInt8(ascii: "."), tenths < 10, let hundredths = Self.number(text, 21) else { return nil }
      fraction = Int64(tenths) * 100 + hundredths
    }
    let seconds = ((Self.days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    milliseconds = seconds * 1000 + fraction
  }

  @inline(__always)
  private static func number(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int64? {
    let (tens, ones) = (text[index] &- 0x30, text[index + 1] &- 0x30)
    return tens < 10 && ones < 10 ? Int64(tens) * 10 + Int64(ones) : nil
  }

  private static func days(_ month: Int64, _ year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  // MARK: - The calendar (Howard Hinnant, chrono-compatible low-level date algorithms)

  /// Days since 1970 of a date. Years begin in March, so that the leap day is the last.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = year / 400
    let ofEra = year - era * 400
    let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
  }

  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    // Positive for every year from 1583 on.
    let shifted = days + 719_468
    let era = shifted / 146_097
    let ofEra = shifted - era * 146_097
    let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * year + year / 4 - year / 100)
    let shiftedMonth = (5 * ofYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (era * 400 + year + (month <= 2 ? 1 : 0), month, ofYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    value >= 0 ? value / divisor : (value - divisor + 1) / divisor
  }
}
