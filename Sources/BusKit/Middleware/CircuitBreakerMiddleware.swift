import Synchronization

/// Stops calling what keeps failing: after so many failures in a row, work of that kind and name is refused for a while
/// (`Throttled`: nobody's attempt), then one piece is let through to see.
///
/// Business refusals are no failures: they do not throw, or are the answer to a question (`QueryFailure` with a code of
/// the service's own). Broken data is none either.
public final class CircuitBreakerMiddleware: Middleware {
  private enum State {
    case closed(failures: Int)
    case open(until: ContinuousClock.Instant)
    /// One is on trial.
    case halfOpen
  }

  private let failuresMax: Int
  private let pause: Duration
  private let covers: @Sendable (Work) -> Bool
  private let states = Mutex<[String: State]>([:])

  /// - Parameters:
  ///   - failuresMax: failures in a row after which it opens.
  ///   - pause: how long it stays open.
  ///   - covers: which work it watches; by default effects and answers.
  public init(
    failuresMax: Int = 5, pause: Duration = .seconds(10),
    covers: @escaping @Sendable (Work) -> Bool = { $0.kind != .batch }
  ) {
    self.failuresMax = max(1, failuresMax)
    self.pause = pause
    self.covers = covers
  }

  public func run(_ work: Work, next: @Sendable (Work) async throws -> Void) async throws {
    guard covers(work) else { return try await next(work) }
    let key = "\(work.kind.rawValue) \(work.name)"
    try admit(key)
    do {
      try await next(work)
      states.withLock { $0[key] = nil }
    } catch let answer as QueryFailure where answer.isRefusal {
      states.withLock { $0[key] = nil }
      throw answer
    } catch {
      note(error, key)
      throw error
    }
  }

  private func admit(_ key: String) throws {
    let wait: Duration? = states.withLock { states in
      switch states[key] {
      case nil, .closed: return nil
      case .halfOpen: return pause
      case .open(let until):
        let left = ContinuousClock.now.duration(to: until)
        if left <= .zero { states[key] = .halfOpen }
        return left <= .zero ? nil : left
      }
    }
    if let wait { throw Throttled("\(key): the circuit is open", after: wait) }
  }

  private func note(_ error: any Error, _ key: String) {
    states.withLock { states in
      // Whoever was cancelled or throttled says nothing about the other side.
      if error is CancellationError || error is Throttled || error is InvariantViolation {
        if case .halfOpen = states[key] { states[key] = .open(until: .now) }
        return
      }
      let failures: Int
      switch states[key] {
      case .closed(let count): failures = count + 1
      case nil: failures = 1
      case .open, .halfOpen: failures = failuresMax
      }
      states[key] = failures >= failuresMax ? .open(until: .now + pause) : .closed(failures: failures)
    }
  }
}
