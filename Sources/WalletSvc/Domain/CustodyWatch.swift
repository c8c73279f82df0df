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
  /// A difference on the same side for so long is one, whatever was booked meanwhile.
  var patience: TimeInterval = 3_600
}

/// The readings of one comparison as far as they still matter.
struct CustodyWatch: Codable, Sendable, Equatable {
  enum Verdict: Equatable {
    case agrees
    case differs(by: Int64)
    case undecided
  }

  /// When the comparison began.
  let startedAt: Date
  private(set) var last: CustodyReading?
  /// What the reading before the last left unexplained, and how often it was the same with nothing booked.
  private(set) var unexplained: Int64 = 0
  private(set) var repeats = 0
  /// Since when something was left unexplained, always on the same side.
  private(set) var since: Date?

  init(startedAt: Date) { self.startedAt = startedAt }

  /// - Parameter tolerance: a difference up to this is none.
  mutating func take(_ reading: CustodyReading, _ policy: CustodyPolicy, tolerance: Int64) -> Verdict {
    let before = last
    last = reading
    if reading.difference.magnitude <= UInt64(tolerance) {
      (unexplained, repeats, since) = (0, 0, nil)
      return .agrees
    }
    guard let before else { return .undecided }
    judge(before, next: reading, tolerance: tolerance)
    if let since {
      let isLasting = reading.at.timeIntervalSince(since) >= policy.patience
      return repeats >= policy.equalReadings || isLasting ? .differs(by: unexplained) : .undecided
    }
    // Always something on its way, and nothing that it does not explain.
    return reading.at.timeIntervalSince(startedAt) >= policy.patience ? .agrees : .undecided
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
