import Foundation

/// Work that touches the world or asks another service. A handler records it as a row in its own transaction; any
/// replica runs it, outside transactions, at least once, one at a time per `orderKey`, and writes the outcome in a
/// second transaction.
public protocol Effect: Codable, Sendable {
  static var kind: String { get }
  /// Effects of one order key run one after another, in the order in which they were recorded.
  var orderKey: String { get }
}

/// What follows from having run an effect once.
public enum EffectOutcome: Sendable {
  /// Finished. `apply` runs in the transaction that removes the effect's row.
  case done(needs: [Need] = [], apply: @Sendable (UnitOfWork) throws -> Void = { _ in })
  /// Not yet: run again after this time. Counts as an attempt.
  case retry(after: Duration, reason: String)
  /// Not yet, and nothing went wrong (waiting for a block): run again, the attempts start anew. `apply` runs in the
  /// transaction that says so.
  case again(after: Duration, needs: [Need] = [], apply: @Sendable (UnitOfWork) throws -> Void = { _ in })
}

/// How often, how long and how many at a time an effect is run.
public struct EffectPolicy: Sendable {
  /// nil: for ever.
  public var attemptsMax: Int?
  /// How long after it was recorded (or given another life by the operator) it is still worth trying; then it is given
  /// up as if its attempts were used up, also when it was never tried. nil: for ever.
  public var deadline: Duration?
  /// How often `Throttled` is not counted as an attempt.
  public var throttledMax: Int
  /// How long one run may take. Its lease (`BusTiming.effectLease`) is renewed meanwhile.
  public var timeout: Duration
  /// Between attempts that failed.
  public var backoff: Backoff
  /// How many of this kind one process runs at a time.
  public var concurrency: Int

  public init(
    attemptsMax: Int? = 10, timeout: Duration = .seconds(15), backoff: Backoff = Backoff(), concurrency: Int = 16,
    deadline: Duration? = nil, throttledMax: Int = 100
  ) {
    self.attemptsMax = attemptsMax
    self.deadline = deadline
    self.throttledMax = throttledMax
    self.timeout = timeout
    self.backoff = backoff
    self.concurrency = concurrency
  }
}

/// What an effect may use while it runs.
public struct EffectContext: Sendable {
  /// The effect's own id: the idempotency key towards the world.
  public let id: UUID
  /// 1 on the first run.
  public let attempt: Int
  /// Of the message whose handler recorded it.
  public let correlation: String
  /// When its handler recorded it.
  public let createdAt: Date
  /// How long ago that was when this run began (or the operator gave it another life), by Postgres' clock.
  public let age: Duration
  /// The service's own: for questions and intermediate steps.
  public let bus: Bus

  /// An intermediate step that must be committed before the effect goes on. Where many effects run at once their steps
  /// share transactions; `body` may be run again.
  public func transaction<T: Sendable>(
    needs: [Need] = [], _ body: @escaping @Sendable (UnitOfWork) throws -> T
  ) async throws -> T {
    try await bus.host.groupedTransaction(nil, needs: needs, correlation: correlation, body)
  }
}

/// Exponential back-off with full jitter (the wait is uniform between half and the whole of the step).
public struct Backoff: Sendable, Equatable {
  /// The step before the second attempt.
  public var first: Duration
  /// By which each step is longer than the one before.
  public var factor: Double
  /// The longest step.
  public var most: Duration

  public init(first: Duration = .milliseconds(200), factor: Double = 2, most: Duration = .seconds(60)) {
    self.first = first
    self.factor = factor
    self.most = most
  }

  /// - Parameter random: in 0 ..< 1.
  public func delay(attempt: Int, random: Double) -> Duration {
    var step = Double(max(1, min(first, most).milliseconds))
    for _ in 1..<max(2, min(attempt, 64)) where attempt > 1 { step = min(step * factor, Double(most.milliseconds)) }
    return .milliseconds(Int64(step * (0.5 + 0.5 * random)))
  }
}
