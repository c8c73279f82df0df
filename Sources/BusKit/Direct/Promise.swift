import Synchronization

/// A value that one party sets and any number await. The first value stays; later ones are ignored.
final class Promise<Value: Sendable>: Sendable {
  private enum State {
    case waiting([CheckedContinuation<Value, any Error>])
    case set(Result<Value, any Error>)
  }
  private let state = Mutex(State.waiting([]))

  func set(_ result: Result<Value, any Error>) {
    let waiters: [CheckedContinuation<Value, any Error>] = state.withLock { state in
      guard case .waiting(let waiters) = state else { return [] }
      state = .set(result)
      return waiters
    }
    for waiter in waiters { waiter.resume(with: result) }
  }

  func value() async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let result: Result<Value, any Error>? = state.withLock { state in
        switch state {
        case .set(let result): return result
        case .waiting(let waiters):
          state = .waiting(waiters + [continuation])
          return nil
        }
      }
      if let result { continuation.resume(with: result) }
    }
  }
}
