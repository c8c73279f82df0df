import Synchronization

/// At most so many at a time; nobody waits.
final class Places: Sendable {
  private let max: Int
  private let count = Mutex(0)

  init(_ max: Int) { self.max = max }

  /// False: full. Whoever is in leaves, once.
  func enter() -> Bool {
    count.withLock { count in
      guard count < max else { return false }
      count += 1
      return true
    }
  }

  func leave() { count.withLock { $0 -= 1 } }
}
