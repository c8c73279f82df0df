/// A day of the proleptic Gregorian calendar without a time zone, by integer arithmetic: a search over years of days
/// must not cost a calendar object per step.
struct CivilDate {
  let year: Int
  /// 1 to 12.
  let month: Int
  /// 1 to 31.
  let day: Int

  /// - Parameter dayNumber: days since 1970-01-01. The arithmetic is Howard Hinnant's `civil_from_days`: years begin
  ///   in March, so that the leap day is the last of its year.
  init(dayNumber: Int) {
    let shifted = dayNumber + 719_468
    let era = shifted.quotientFloor(146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  var daysInMonth: Int { month == 2 && isLeapYear ? 29 : Self.daysMin[month - 1] }
  var isLastOfMonth: Bool { day == daysInMonth }

  private var isLeapYear: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
  private static let daysMin = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

  /// The most days that a month, 1 to 12, can have.
  static func daysMax(ofMonth month: Int) -> Int { month == 2 ? 29 : daysMin[month - 1] }

  /// 0 is Sunday. 1970-01-01 was a Thursday.
  static func weekday(dayNumber: Int) -> Int { (dayNumber + 4) - (dayNumber + 4).quotientFloor(7) * 7 }
}

extension Int {
  /// Division that rounds down, so that times before 1970 fall into the right day.
  func quotientFloor(_ divisor: Int) -> Int {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
