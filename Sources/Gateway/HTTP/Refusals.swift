import BusKit
import Synchronization

/// Turns requests away when there is too much to do: counted by reason, and told to come back at different times.
final class Refusals: Sendable {
  /// Why; the label of the metric.
  enum Reason: String {
    /// Too many requests are in work.
    case requests
    /// The request had waited for longer than it should take as a whole.
    case waited
    /// Too many orders wait for order-svc, of this process.
    case orders
    /// Too many orders wait for order-svc, of all processes.
    case unanswered
    /// Too many accepted orders wait for their delivery.
    case undelivered
  }

  private let metrics: MetricsRegistry
  private let start = ContinuousClock.now
  private let pause = Mutex(RetryPause())

  init(metrics: MetricsRegistry) { self.metrics = metrics }

  /// Counts a refusal, and says when to come back.
  /// - Returns: a 503 to answer with.
  func turnAway(_ reason: Reason, _ detail: String) -> Problem {
    metrics.counter("energy_gateway_refused_total", labels: [("reason", reason.rawValue)]).increment()
    let seconds = pause.withLock {
      $0.turnAway(at: ContinuousClock.now - start, random: .random(in: 0..<1))
    }
    return .unavailable(detail, retryAfterSeconds: seconds)
  }
}
