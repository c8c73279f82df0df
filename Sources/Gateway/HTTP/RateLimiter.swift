import BusKit
import Synchronization

/// A token bucket per client, in this process: with N replicas a client has up to N times the rate.
final class RateLimiter: Sendable {
  static let clientsMax = 10_000

  private let perSecond: Double
  private let burst: Double
  private let start = ContinuousClock.now
  private let buckets = Mutex<[String: TokenBucket]>([:])

  init(perSecond: Double, burst: Double) {
    self.perSecond = perSecond
    self.burst = burst
  }

  /// - Throws: `Problem` 429 with the time to wait.
  func take(for client: String) throws(Problem) {
    let now = ContinuousClock.now - start
    let wait = buckets.withLock { buckets in
      if buckets.count > Self.clientsMax { buckets.removeAll() }
      return buckets[client, default: TokenBucket(perSecond: perSecond, burst: burst, now: now)].take(at: now)
    }
    guard let wait else { return }
    throw .rateLimited(retryAfterSeconds: max(1, Int(wait.timeInterval.rounded(.up))))
  }
}
