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

/// At most so many of one client at a time; nobody waits.
final class ClientPlaces: Sendable {
  private let max: Int
  private let counts = Mutex<[String: Int]>([:])

  init(_ max: Int) { self.max = max }

  /// False: the client has all that it may have. Whoever is in leaves, once.
  func enter(_ client: String) -> Bool {
    counts.withLock { counts in
      let count = counts[client, default: 0]
      guard count < max else { return false }
      counts[client] = count + 1
      return true
    }
  }

  func leave(_ client: String) {
    counts.withLock { counts in
      let rest = counts[client, default: 1] - 1
      counts[client] = rest > 0 ? rest : nil
    }
  }
}
