import TronKit

/// Whether one of the chain's APIs is asked. One that fails again and again, or that asked to be left alone, is not:
/// every question would wait for it in vain. A value; `now` is of any clock that does not go back.
struct SourceHealth: Sendable, Equatable {
  /// Failures in a row after which it is left alone.
  static let failuresMax = 3
  /// The first pause; each further failure doubles it.
  static let pauseFirst: Duration = .seconds(1)
  static let pauseMax: Duration = .seconds(10)
  /// Slow addresses that are remembered; beyond it each counts.
  static let slowMax = 64
  /// After a pause one question tries it, and the others wait for how that goes, but no longer than this.
  static let trial: Duration = .seconds(1)

  private(set) var failures = 0
  /// Those that took too long since the last answer.
  private var slow: Set<TronAddress> = []
  private var answeredAt: Duration?
  private var pausedUntil: Duration = .zero
  /// The API said itself for how long.
  private var isSuspended = false

  /// nil: it may be asked. Else for how long it is left alone.
  mutating func begin(now: Duration) -> Duration? {
    guard now >= pausedUntil else { return pausedUntil - now }
    isSuspended = false
    if failures >= Self.failuresMax { pausedUntil = now + Self.trial }
    return nil
  }

  mutating func succeeded(now: Duration) {
    // The answer to an earlier question does not end what the API has asked for since.
    guard !isSuspended || now >= pausedUntil else { return }
    failures = 0
    slow = []
    answeredAt = now
    pausedUntil = .zero
  }

  /// A reading took longer than it may. That says something of the API only where it has answered nothing else
  /// meanwhile, and once for each address: some are slow by themselves, because somebody has filled them with tokens.
  mutating func wasSlow(_ address: TronAddress, since began: Duration, now: Duration) {
    if let answeredAt, answeredAt >= began { return }
    guard slow.count >= Self.slowMax || slow.insert(address).inserted else { return }
    failed(now: now)
  }

  /// - Parameter retryAfter: how long the API itself asks to be left alone.
  mutating func failed(now: Duration, retryAfter: Duration? = nil) {
    failures = min(failures + 1, 64)
    if let retryAfter {
      isSuspended = true
      pausedUntil = max(pausedUntil, now + retryAfter)
    } else if failures >= Self.failuresMax {
      let doublings = min(failures - Self.failuresMax, 10)
      pausedUntil = max(pausedUntil, now + min(Self.pauseFirst * (1 << doublings), Self.pauseMax))
    }
  }

  func isPaused(now: Duration) -> Bool { now < pausedUntil }
}
