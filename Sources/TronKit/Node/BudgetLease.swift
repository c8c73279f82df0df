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

  private struct Part {
    var count: Int64
    var expiresAt: Duration
  }

  /// By what they were fetched for: what only the more important could have is not handed to the others, and what is
  /// fetched for one keeps nothing alive that was fetched for another.
  private var held: [RequestPriority: Part] = [:]
  private var windowStart = Duration.zero
  private var takenInWindow: [RequestPriority: Int64] = [:]
  private var takenBefore: [RequestPriority: Int64] = [:]
  /// The day's count as last heard, so that a store that lost its memory learns it again.
  private(set) var day: Int64 = 0
  private(set) var usedToday: Int64 = 0
  private(set) var requestsLeft: Int64?

  /// True when the lease holds so many still that were fetched for this or for something less important.
  mutating func take(_ count: Int64, _ priority: RequestPriority, now: Duration) -> Bool {
    turn(now)
    takenInWindow[priority, default: 0] += count
    return takeHeld(count, priority, now: now)
  }

  /// Likewise, for requests that were counted when they were wanted first.
  mutating func takeHeld(_ count: Int64, _ priority: RequestPriority, now: Duration) -> Bool {
    let usable = held.filter { $0.key.reservePercent >= priority.reservePercent && now < $0.value.expiresAt }
    guard usable.values.reduce(0, { $0 + $1.count }) >= count else { return false }
    var missing = count
    // First those that the fewest may have.
    for (kept, part) in usable.sorted(by: { $0.key.reservePercent < $1.key.reservePercent }) {
      let taken = min(missing, part.count)
      held[kept]?.count -= taken
      missing -= taken
    }
    return true
  }

  /// A quarter of what went in the last second to those who may have it: a quiet replica takes one at a time and leaves
  /// the rest to others, a busy one asks the store about four times a second.
  func wanted(_ count: Int64, _ priority: RequestPriority) -> Int64 {
    count + max(Self.taken(takenBefore, priority), Self.taken(takenInWindow, priority)) / 4
  }

  private static func taken(_ taken: [RequestPriority: Int64], _ priority: RequestPriority) -> Int64 {
    taken.filter { $0.key.reservePercent <= priority.reservePercent }.values.reduce(0, +)
  }

  /// - Returns: whether `count` of them were granted; the rest is leased.
  mutating func receive(_ grant: Grant, for count: Int64, _ priority: RequestPriority, now: Duration) -> Bool {
    if grant.day > day || (grant.day == day && grant.usedToday > usedToday) {
      day = grant.day
      usedToday = grant.usedToday
    }
    requestsLeft = grant.requestsLeft
    guard grant.granted >= count else { return false }
    let left = held[priority].map { now < $0.expiresAt ? $0.count : 0 } ?? 0
    held[priority] = Part(count: left + grant.granted - count, expiresAt: now + Self.lifetime)
    return true
  }

  private mutating func turn(_ now: Duration) {
    guard now - windowStart >= .seconds(1) else { return }
    takenBefore = now - windowStart < .seconds(2) ? takenInWindow : [:]
    takenInWindow = [:]
    windowStart = now
  }
}
