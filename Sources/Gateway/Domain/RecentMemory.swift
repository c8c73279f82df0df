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
    let entry = Entry(value: value, until: .now + age)
    halves.withLock { halves in
      if halves.newer.count >= halfMax, halves.newer[key] == nil {
        halves.older = halves.newer
        halves.newer = [:]
      }
      halves.newer[key] = entry
    }
  }

  /// nil: not noted, or too long ago.
  func value(of key: Key) -> Value? {
    guard let entry = halves.withLock({ $0.newer[key] ?? $0.older[key] }), entry.until > .now else { return nil }
    return entry.value
  }
}
