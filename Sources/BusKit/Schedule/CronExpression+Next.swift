import Foundation

extension CronExpression {
  /// The first firing after a moment, on a whole minute of the zone (or the end of a gap).
  ///
  /// Bounded: a search looks at 40 years of days at most, since an accepted expression fires at least that often.
  /// `Date.distantFuture` from the year 4000 on and for what is no time at all.
  public func next(after moment: Date) -> Date {
    guard moment < .distantFuture else { return .distantFuture }
    let second = Int(max(moment, .distantPast).timeIntervalSince1970.rounded(.down))
    let found = followsWallClock ? nextOnTheWall(after: second) : nextOfFixedTimes(after: second)
    return found.map { Date(timeIntervalSince1970: Double($0)) } ?? .distantFuture
  }

  /// The last firing in `first ... last`, where `first` is one.
  func latest(from first: Date, through last: Date) -> Date {
    guard next(after: first) <= last else { return first }
    // The firing after a moment never comes earlier for a later moment, so the last moment with one can be bisected.
    var low = Int(first.timeIntervalSince1970.rounded(.down))
    var high = Int(last.timeIntervalSince1970.rounded(.up))
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if next(after: Date(timeIntervalSince1970: Double(middle))) <= last { low = middle } else { high = middle }
    }
    return next(after: Date(timeIntervalSince1970: Double(low)))
  }

  // MARK: - Zones

  /// Local times in order; each has one instant, and a later one never an earlier instant.
  private func nextOfFixedTimes(after second: Int) -> Int? {
    let zone = ZoneOffsets(timeZone)
    var minute = (second + zone.offset(at: second)).quotientFloor(60) + 1
    while let local = nextLocal(from: minute) {
      let instant = zone.instant(ofLocal: local * 60)
      if instant > second { return instant }
      minute = local + 1
    }
    return nil
  }

  /// Stretches of one offset, in order.
  private func nextOnTheWall(after second: Int) -> Int? {
    let zone = ZoneOffsets(timeZone)
    var start = second + 1
    while true {
      let offset = zone.offset(at: start)
      guard let local = nextLocal(from: -(-(start + offset)).quotientFloor(60)) else { return nil }
      let instant = local * 60 - offset
      if let change = zone.change(after: start, through: min(instant, start + ZoneOffsets.reach)) {
        start = change
      } else if instant - start <= ZoneOffsets.reach {
        return instant
      } else {
        // Far off: no local time before it fits, whatever clocks do meanwhile.
        start = max(start + ZoneOffsets.reach, instant - ZoneOffsets.reach)
      }
    }
  }

  // MARK: - Local times

  /// The year 4000, where the search ends.
  private static let lastDayNumber = 741_442

  /// The first minute that fits, at or after one; both counted from 1970-01-01 00:00 on the wall.
  private func nextLocal(from minute: Int) -> Int? {
    var day = minute.quotientFloor(1440)
    var minuteOfDay = minute - day * 1440
    while day < Self.lastDayNumber {
      let date = CivilDate(dayNumber: day)
      if months & 1 << UInt64(date.month) == 0 {
        day += date.daysInMonth - date.day + 1
      } else {
        if fits(date, day), let found = nextOfDay(from: minuteOfDay) { return day * 1440 + found }
        day += 1
      }
      minuteOfDay = 0
    }
    return nil
  }

  private func fits(_ date: CivilDate, _ dayNumber: Int) -> Bool {
    let fitsMonth = days & 1 << UInt64(date.day) != 0 || hasLastDay && date.isLastOfMonth
    let fitsWeek = weekdays & 1 << UInt64(CivilDate.weekday(dayNumber: dayNumber)) != 0
    return needsBothDays ? fitsMonth && fitsWeek : fitsMonth || fitsWeek
  }

  private func nextOfDay(from minute: Int) -> Int? {
    let hour = minute / 60
    if hours & 1 << UInt64(hour) != 0, let found = minutes.nextBit(from: minute % 60) { return hour * 60 + found }
    guard let later = hours.nextBit(from: hour + 1) else { return nil }
    return later * 60 + minutes.trailingZeroBitCount
  }
}

extension UInt64 {
  fileprivate func nextBit(from bit: Int) -> Int? {
    let rest = (self >> UInt64(bit)) << UInt64(bit)
    return rest == 0 ? nil : rest.trailingZeroBitCount
  }
}
