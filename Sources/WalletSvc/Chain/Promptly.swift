import Synchronization

/// Waits for a cache, but not longer than it is worth: what comes later is dropped. A call that does not obey a
/// cancellation, such as one that a hung database has begun, holds nobody up.
enum Promptly {
  /// - Throws: what `body` throws; `PromptlyLimit` at the limit.
  static func value<T: Sendable>(
    within limit: Duration, _ body: @escaping @Sendable () async throws -> T
  ) async throws -> T {
    let race = Race<T>()
    // Not children, because a task group would wait for the one that lost. Each ends by itself.
    let work = Task {
      do {
        race.end(.success(try await body()))
      } catch {
        race.end(.failure(error))
      }
    }
    let timer = Task {
      try await Task.sleep(for: limit)
      race.end(.failure(PromptlyLimit(limit: limit)))
      work.cancel()
    }
    defer { timer.cancel() }
    return try await withCheckedThrowingContinuation { race.wait($0) }
  }

  /// The first end counts.
  private final class Race<T: Sendable>: Sendable {
    private enum State {
      case running
      case waiting(CheckedContinuation<T, any Error>)
      case ended(Result<T, any Error>)
      case told
    }
    private let state = Mutex(State.running)

    func wait(_ continuation: CheckedContinuation<T, any Error>) {
      let result: Result<T, any Error>? = state.withLock { state in
        if case .ended(let result) = state {
          state = .told
          return result
        }
        state = .waiting(continuation)
        return nil
      }
      if let result { continuation.resume(with: result) }
    }

    func end(_ result: Result<T, any Error>) {
      let continuation: CheckedContinuation<T, any Error>? = state.withLock { state in
        switch state {
        case .running:
          state = .ended(result)
          return nil
        case .waiting(let continuation):
          state = .told
          return continuation
        case .ended, .told: return nil
        }
      }
      continuation?.resume(with: result)
    }
  }
}

struct PromptlyLimit: Error, CustomStringConvertible {
  let limit: Duration
  var description: String { "no answer within \(limit)" }
}
