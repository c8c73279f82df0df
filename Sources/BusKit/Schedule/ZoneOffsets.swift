import Foundation

/// A time zone as a function from instants to offsets, all in whole seconds. Local times are counted as if they were
/// UTC.
struct ZoneOffsets {
  /// Further than any offset or change of one (24 h in Samoa, 2011) can reach. Zones that change twice within it and
  /// back are not told apart from ones that do not change; none has.
  static let reach = 36 * 3600

  private let zone: TimeZone

  init(_ zone: TimeZone) { self.zone = zone }

  func offset(at second: Int) -> Int { zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second))) }

  /// The first second after `start` at which the offset is another, if there is one up to `end`.
  func change(after start: Int, through end: Int) -> Int? {
    let before = offset(at: start)
    guard end > start, offset(at: end) != before else { return nil }
    var (low, high) = (start, end)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if offset(at: middle) == before { low = middle } else { high = middle }
    }
    return high
  }

  /// When clocks show a local time for the first time; for one that they skip, the end of the gap.
  func instant(ofLocal local: Int) -> Int {
    let (start, end) = (local - Self.reach, local + Self.reach)
    let before = offset(at: start)
    guard let change = change(after: start, through: end) else { return local - before }
    if local - before < change { return local - before }
    return max(change, local - offset(at: end))
  }
}
