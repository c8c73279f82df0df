import Foundation

/// When a rental ends.
enum RentalPeriod {
  /// The last leg's block time and the duration, rounded up to a whole second: the customer's time is never cut
  /// short, and the end is the same value in every encoding, which the seal on the reclaim depends on.
  static func end(startedAt: Date, durationSeconds: Int64) -> Date {
    // Microseconds first, so that a start at a whole second is not pushed up by the last bits of a Double.
    let start = (startedAt.timeIntervalSince1970 * 1_000_000).rounded() / 1_000_000
    return Date(timeIntervalSince1970: start.rounded(.up) + Double(durationSeconds))
  }
}
