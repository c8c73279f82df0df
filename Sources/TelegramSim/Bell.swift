import Foundation
import ServiceLifecycle
import Synchronization

/// Wakes everyone who waits for a change. Who wakes up looks again and goes on waiting if nothing is there.
final class Bell: Sendable {
  private struct Listeners {
    var next = 0
    var rings = 0
    var waiting: [Int: AsyncStream<Void>.Continuation] = [:]
  }

  private let listeners = Mutex(Listeners())

  /// How often it has rung: who remembers it can wait for the next ring without missing one.
  var rings: Int { listeners.withLock { $0.rings } }

  func ring() {
    let waiting = listeners.withLock { listeners in
      listeners.rings += 1
      return Array(listeners.waiting.values)
    }
    for listener in waiting { listener.yield() }
  }

  /// Asks `find` now and after every ring until it finds something or the time has come.
  /// - Parameter deadline: unix seconds; `find` is asked a last time then.
  /// - Returns: nil when nothing was found in time, or when the process is asked to stop.
  func wait<Found: Sendable>(until deadline: Double, for find: () throws -> Found?) async throws -> Found? {
    while true {
      // Listen before looking, so that a change in between is not missed.
      let (id, rings) = listen()
      defer { forget(id) }
      if let found = try find() { return found }
      let left = deadline - Date().timeIntervalSince1970
      guard left > 0 else { return nil }
      do {
        try await cancelWhenGracefulShutdown { try await Self.firstRing(rings, within: left) }
      } catch is CancellationError {
        return nil
      }
    }
  }

  private static func firstRing(_ rings: AsyncStream<Void>, within seconds: Double) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for await _ in rings { return } }
      group.addTask { try await Task.sleep(for: .seconds(seconds)) }
      try await group.next()
      group.cancelAll()
    }
    try Task.checkCancellation()
  }

  private func listen() -> (Int, AsyncStream<Void>) {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let id = listeners.withLock { listeners in
      listeners.next += 1
      listeners.waiting[listeners.next] = continuation
      return listeners.next
    }
    return (id, stream)
  }

  private func forget(_ id: Int) {
    listeners.withLock { $0.waiting.removeValue(forKey: id) }?.finish()
  }
}
