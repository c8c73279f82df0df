import Foundation

/// One look at both sides of a custody account, in one currency.
struct CustodyReading: Codable, Sendable, Equatable {
  /// All that was ever booked into and out of the account, read before the chain.
  let coinsIn: Int64
  let coinsOut: Int64
  /// What the account's addresses hold.
  let chain: Int64
  /// Of that, dust which is not booked yet.
  let dust: Int64
  /// The oldest solid block of the addresses' figures.
  let block: Int64
  let at: Date

  var ledger: Int64 { clamped(Int128(coinsIn) - Int128(coinsOut)) }
  /// How much more the chain has; negative: less.
  var difference: Int64 { clamped(Int128(chain) - Int128(dust) - Int128(coinsIn) + Int128(coinsOut)) }

  /// What of the difference cannot be explained by what was booked until the next reading, in whatever order: what was
  /// already on the chain when this one was made is booked within the pause.
  func unexplained(before next: CustodyReading) -> Int64 {
    let difference = Int128(chain) - Int128(dust) - Int128(coinsIn) + Int128(coinsOut)
    let most = Int128(next.coinsIn) - Int128(coinsIn)
    let least = Int128(coinsOut) - Int128(next.coinsOut)
    return clamped(difference - min(max(difference, least), most))
  }

  /// Whether something of this account was booked in between.
  func isFollowedByBookings(_ next: CustodyReading) -> Bool {
    next.coinsIn != coinsIn || next.coinsOut != coinsOut
  }

  private func clamped(_ value: Int128) -> Int64 { Int64(clamping: value) }
}

/// When a difference between ledger and chain is one. Money moves while both are read, and is booked a moment after it
/// moved: what stays the same while nothing is booked is a difference, and what never goes away.
struct CustodyPolicy: Sendable, Equatable {
  /// So many readings in a row must show the same, with nothing booked after any of them.
  var equalReadings = 5
  /// A difference on the same side for so long is one where bookings do not explain it, and is told all the same where
  /// they do: each reading's own would explain a sum that is gone.
  var patience: TimeInterval = 3_600
}

/// The readings of one comparison as far as they still matter.
struct CustodyWatch: Codable, Sendable, Equatable {
  enum Verdict: Equatable {
    case agrees
    case differs(by: Int64)
    /// All the time so much at least, and each time no more than was booked until the next reading.
    case unclear(atLeast: Int64)
    case undecided
  }

  /// Differences on one side in a row.
  struct Side: Codable, Sendable, Equatable {
    let since: Date
    /// The one that is nearest to none.
    fileprivate(set) var nearest: Int64
  }

  /// When the comparison began.
  let startedAt: Date
  private(set) var last: CustodyReading?
  /// What the reading before the last left unexplained, and how often it was the same with nothing booked.
  private(set) var unexplained: Int64 = 0
  private(set) var repeats = 0
  /// Since when something was left unexplained, always on the same side.
  private(set) var since: Date?
  private(set) var side: Side?
  /// How often the difference went over to the other side: then it was none in between.
  private(set) var crossings = 0

  init(startedAt: Date) { self.startedAt = startedAt }

  /// - Parameter tolerance: a difference up to this is none.
  mutating func take(_ reading: CustodyReading, _ policy: CustodyPolicy, tolerance: Int64) -> Verdict {
    let before = last
    last = reading
    if reading.difference.magnitude <= UInt64(tolerance) {
      (unexplained, repeats, since) = (0, 0, nil)
      return .agrees
    }
    let side = note(reading)
    guard let before else { return .undecided }
    judge(before, next: reading, tolerance: tolerance)
    if let since {
      let isLasting = reading.at.timeIntervalSince(since) >= policy.patience
      return repeats >= policy.equalReadings || isLasting ? .differs(by: unexplained) : .undecided
    }
    guard reading.at.timeIntervalSince(startedAt) >= policy.patience else { return .undecided }
    // Always something on its way, and nothing that it does not explain. There and back again, it came past none.
    if crossings > 1 { return .agrees }
    return reading.at.timeIntervalSince(side.since) >= policy.patience ? .unclear(atLeast: side.nearest) : .undecided
  }

  private mutating func note(_ reading: CustodyReading) -> Side {
    let difference = reading.difference
    var now = side ?? Side(since: startedAt, nearest: difference)
    if now.nearest.signum() != difference.signum() {
      now = Side(since: reading.at, nearest: difference)
      crossings += 1
    } else if difference.magnitude < now.nearest.magnitude {
      now.nearest = difference
    }
    side = now
    return now
  }

  private mutating func judge(_ reading: CustodyReading, next: CustodyReading, tolerance: Int64) {
    let rest = reading.unexplained(before: next)
    guard rest.magnitude > UInt64(tolerance) else {
      (unexplained, repeats, since) = (0, 0, nil)
      return
    }
    if rest.signum() != unexplained.signum() { since = reading.at }
    if reading.isFollowedByBookings(next) {
      repeats = 0
    } else {
      repeats = rest == unexplained ? repeats + 1 : 1
    }
    unexplained = rest
  }
}
