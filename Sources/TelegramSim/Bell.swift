import Foundation
import ServiceLifecycle
import Synchronization

/// Wakes those who wait for a change at a place. Who wakes up looks again and goes on waiting if nothing is there.
final class Bell: Sendable {
  /// Where something changes, and is waited for.
  enum Place: Hashable, Sendable {
    /// What a bot's polls wait for.
    case bot(Int)
    /// What the person in a chat sees.
    case chat(Int, bot: Int)
    /// What may be to be sent to a webhook.
    case webhooks
  }

  private struct Listeners {
    var next = 0
    var webhookRings = 0
    var waiting: [Place: [Int: AsyncStream<Void>.Continuation]] = [:]
  }

  private let listeners = Mutex(Listeners())

  /// How often it has rung for webhooks: who remembers it can wait for the next ring without missing one.
  var webhookRings: Int { listeners.withLock { $0.webhookRings } }
  /// Who waits at this moment, everywhere.
  var waitingCount: Int { listeners.withLock { $0.waiting.values.reduce(0) { $0 + $1.count } } }

  func ring(_ places: Set<Place>) {
    let waiting = listeners.withLock { listeners in
      if places.contains(.webhooks) { listeners.webhookRings += 1 }
      return places.flatMap { listeners.waiting[$0].map { Array($0.values) } ?? [] }
    }
    for listener in waiting { listener.yield() }
  }

  /// Asks `find` now and after every ring at the place until it finds something or the time has come.
  /// - Parameter deadline: unix seconds; `find` is asked a last time then.
  /// - Returns: nil when nothing was found in time, or when the process is asked to stop.
  func wait<Found: Sendable>(
    at place: Place, until deadline: Double, for find: () throws -> Found?
  ) async throws -> Found? {
    while true {
      // Listen before looking, so that a change in between is not missed.
      let (id, rings) = listen(at: place)
      defer { forget(id, place) }
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

  private func listen(at place: Place) -> (Int, AsyncStream<Void>) {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let id = listeners.withLock { listeners in
      listeners.next += 1
      listeners.waiting[place, default: [:]][listeners.next] = continuation
      return listeners.next
    }
    return (id, stream)
  }

  private func forget(_ id: Int, _ place: Place) {
    listeners.withLock { listeners in
      let listener = listeners.waiting[place]?.removeValue(forKey: id)
      if listeners.waiting[place]?.isEmpty == true { listeners.waiting[place] = nil }
      return listener
    }?.finish()
  }
}
