import Synchronization

/// A value that one party sets and one party awaits. The first value stays; later ones are ignored.
final class Promise<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case waiting(CheckedContinuation<Value, any Error>)
    case set(Result<Value, any Error>)
    case taken
  }
  private let state = Mutex(State.empty)

  func set(_ result: Result<Value, any Error>) {
    let waiter: CheckedContinuation<Value, any Error>? = state.withLock { state in
      switch state {
      case .empty: state = .set(result)
      case .waiting(let continuation):
        state = .taken
        return continuation
      case .set, .taken: break
      }
      return nil
    }
    waiter?.resume(with: result)
  }

  /// To be awaited once.
  func value() async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let result: Result<Value, any Error>? = state.withLock { state in
        if case .set(let result) = state {
          state = .taken
          return result
        }
        state = .waiting(continuation)
        return nil
      }
      if let result { continuation.resume(with: result) }
    }
  }
}
