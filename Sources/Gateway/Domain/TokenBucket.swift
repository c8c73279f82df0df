/// Allows `perSecond` on average and `burst` at once. A value: time is passed in.
struct TokenBucket: Sendable, Equatable {
  let perSecond: Double
  let burst: Double
  private var tokens: Double
  private var last: Duration

  /// - Parameter now: time since any fixed instant.
  init(perSecond: Double, burst: Double, now: Duration) {
    self.perSecond = perSecond
    self.burst = burst
    tokens = burst
    last = now
  }

  /// Takes one token, or says how long to wait for the next one and takes none.
  mutating func take(at now: Duration) -> Duration? {
    refill(now)
    guard tokens < 1 else {
      tokens -= 1
      return nil
    }
    return .milliseconds(Int64(((1 - tokens) / perSecond * 1000).rounded(.up)))
  }

  /// Takes one token, in debt if need be, and says how long to wait before using it.
  mutating func reserve(at now: Duration) -> Duration {
    refill(now)
    tokens -= 1
    return tokens >= 0 ? .zero : .milliseconds(Int64((-tokens / perSecond * 1000).rounded(.up)))
  }

  /// A reserved token was not used.
  mutating func giveBack() { tokens = min(burst, tokens + 1) }

  private mutating func refill(_ now: Duration) {
    let (seconds, attoseconds) = (now - last).components
    let elapsed = max(0, Double(seconds) + Double(attoseconds) / 1e18)
    tokens = min(burst, tokens + elapsed * perSecond)
    last = max(last, now)
  }
}
