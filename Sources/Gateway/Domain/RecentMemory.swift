import Synchronization

/// Remembers what was noted lately, up to a number of things. There are two halves: when the newer one is full it
/// becomes the older one, and what that held is forgotten.
final class RecentMemory<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry {
    let value: Value
    let until: ContinuousClock.Instant
  }
  private struct Halves {
    var newer: [Key: Entry] = [:]
    var older: [Key: Entry] = [:]
  }

  private let halfMax: Int
  private let age: Duration
  private let halves = Mutex(Halves())

  /// - Parameters:
  ///   - countMax: the most things that are remembered, at least 2.
  ///   - age: for how long.
  init(countMax: Int, for age: Duration) {
    halfMax = max(1, countMax / 2)
    self.age = age
  }

  func note(_ key: Key, _ value: Value) {
    _ = noteNewest(key, value) { _, _ in false }
  }

  /// Notes a value; when what is remembered is newer, that is noted again instead. Nothing comes between the two.
  /// - Parameters:
  ///   - now: when.
  ///   - isOlder: whether the value is older than the one that is remembered. It is asked under the lock.
  /// - Returns: what is remembered from here on.
  func noteNewest(
    _ key: Key, _ value: Value, at now: ContinuousClock.Instant = .now, isOlder: (Value, Value) -> Bool
  ) -> Value {
    // What is forgotten is freed outside the lock.
    let (newest, _) = halves.withLock { halves -> (Value, [Key: Entry]) in
      var newest = value
      if let entry = halves.newer[key] ?? halves.older[key], entry.until > now, isOlder(value, entry.value) {
        newest = entry.value
      }
      var forgotten: [Key: Entry] = [:]
      if halves.newer.count >= halfMax, halves.newer[key] == nil {
        forgotten = halves.older
        halves.older = halves.newer
        halves.newer = [:]
      }
      halves.newer[key] = Entry(value: newest, until: now + age)
      return (newest, forgotten)
    }
    return newest
  }

  /// nil: not noted, or too long ago.
  func value(of key: Key) -> Value? {
    guard let entry = halves.withLock({ $0.newer[key] ?? $0.older[key] }), entry.until > .now else { return nil }
    return entry.value
  }
}
