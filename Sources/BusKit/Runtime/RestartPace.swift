/// How soon work that keeps stopping is started again. A value without a clock.
struct RestartPace {
  /// Work that ran for so long was well, whatever stopped it then.
  static let steadyAfter: Duration = .seconds(60)

  private static let backoff = Backoff(first: .milliseconds(200), most: .seconds(10))

  /// In a row.
  private(set) var failures = 0

  /// The work ended without an error.
  mutating func ended() { failures = 0 }

  /// The work threw after running for so long.
  mutating func failed(after time: Duration) {
    if time >= Self.steadyAfter { failures = 0 }
    failures += 1
  }

  /// Which step of the back-off comes before the next start.
  var pause: (backoff: Backoff, attempt: Int) { (Self.backoff, failures + 1) }
}
