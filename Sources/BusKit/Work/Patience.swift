import Synchronization

/// The body was still running when its time was up. It is cancelled, and nobody waits for it any more.
public struct Overdue: Error, CustomStringConvertible {
  /// Its time.
  public let limit: Duration
  public var description: String { "not back after \(limit.milliseconds) ms" }
}

/// Waits for a body, but not longer than `limit`, even for one that cannot be cancelled: a handler that never returns
/// holds its thread, and must not hold its consumer. Who is cancelled meanwhile passes that on to the body.
/// - Throws: `Overdue` at the limit; what the body throws before it.
public func waiting<T: Sendable>(
  atMost limit: Duration, for body: @escaping @Sendable () async throws -> T
) async throws -> T {
  let first = FirstResult<T>()
  let work = Task {
    do { first.set(.success(try await body())) } catch { first.set(.failure(error)) }
  }
  let ticket = Deadlines.shared.add(after: limit) {
    first.set(.failure(Overdue(limit: limit)))
    work.cancel()
  }
  defer { Deadlines.shared.remove(ticket) }
  return try await withTaskCancellationHandler {
    try await withCheckedThrowingContinuation { first.wait($0) }
  } onCancel: {
    work.cancel()
  }
}

/// Takes the first of several results to the one who waits for it.
private final class FirstResult<T: Sendable>: Sendable {
  private enum State {
    case empty
    case waiting(CheckedContinuation<T, any Error>)
    case set(Result<T, any Error>)
    case done
  }

  private let state = Mutex(State.empty)

  func set(_ result: Result<T, any Error>) {
    let waiter: CheckedContinuation<T, any Error>? = state.withLock { state in
      switch state {
      case .empty: state = .set(result)
      case .waiting(let continuation):
        state = .done
        return continuation
      case .set, .done: break
      }
      return nil
    }
    waiter?.resume(with: result)
  }

  func wait(_ continuation: CheckedContinuation<T, any Error>) {
    let result: Result<T, any Error>? = state.withLock { state in
      guard case .set(let result) = state else {
        state = .waiting(continuation)
        return nil
      }
      state = .done
      return result
    }
    if let result { continuation.resume(with: result) }
  }
}
