/// The requests that a replica has fetched for itself from the shared budget, and how many to fetch next. A value;
/// `now` is of any clock that does not go back.
struct BudgetLease {
  /// What the store answered.
  struct Grant: Equatable {
    let granted: Int64
    /// Until there may be some again, where none were granted.
    let wait: Duration
    let isDayOver: Bool
    let day: Int64
    let usedToday: Int64
    /// What the shared bucket still held.
    let requestsLeft: Int64
  }

  /// Requests that are not used within this are given up: others may have had them since.
  static let lifetime = Duration.seconds(1)

  private var available: Int64 = 0
  private var expiresAt = Duration.zero
  private var windowStart = Duration.zero
  private var takenInWindow: Int64 = 0
  private var takenBefore: Int64 = 0
  /// The day's count as last heard, so that a store that lost its memory learns it again.
  private(set) var day: Int64 = 0
  private(set) var usedToday: Int64 = 0
  private(set) var requestsLeft: Int64?

  /// True when the lease holds them still. What is kept for the more important was kept when it was fetched.
  mutating func take(_ count: Int64, now: Duration) -> Bool {
    turn(now)
    takenInWindow += count
    return takeHeld(count, now: now)
  }

  /// Likewise, for requests that were counted when they were wanted first.
  mutating func takeHeld(_ count: Int64, now: Duration) -> Bool {
    guard available >= count, now < expiresAt else { return false }
    available -= count
    return true
  }

  /// A quarter of what went in the last second: a quiet replica takes one at a time and leaves the rest to others,
  /// a busy one asks the store about four times a second.
  func wanted(_ count: Int64) -> Int64 { count + max(takenBefore, takenInWindow) / 4 }

  /// - Returns: whether `count` of them were granted; the rest is leased.
  mutating func receive(_ grant: Grant, for count: Int64, now: Duration) -> Bool {
    if grant.day > day || (grant.day == day && grant.usedToday > usedToday) {
      day = grant.day
      usedToday = grant.usedToday
    }
    requestsLeft = grant.requestsLeft
    guard grant.granted >= count else { return false }
    available = (now < expiresAt ? available : 0) + grant.granted - count
    expiresAt = now + Self.lifetime
    return true
  }

  private mutating func turn(_ now: Duration) {
    guard now - windowStart >= .seconds(1) else { return }
    takenBefore = now - windowStart < .seconds(2) ? takenInWindow : 0
    takenInWindow = 0
    windowStart = now
  }
}
