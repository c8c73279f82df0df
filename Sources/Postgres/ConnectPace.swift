/// When a pool whose connecting failed tries again: one thread at a time, after pauses that grow. While nothing has
/// failed everybody may.
///
/// A server that is away would else be asked by each thread of each process as often as work comes, and the one that
/// comes back be met by all of them at once.
struct ConnectPace {
  private static let firstMs = 50.0
  /// So much later than the server, at most, work goes on.
  private static let mostMs = 1_000.0

  private var failures = 0
  private var isTrying = false
  private var pausedUntil: ContinuousClock.Instant?

  /// Whether the caller may try; whoever may says afterwards how it went.
  mutating func admits(_ now: ContinuousClock.Instant) -> Bool {
    guard let pausedUntil else { return true }
    guard !isTrying, now >= pausedUntil else { return false }
    isTrying = true
    return true
  }

  mutating func succeeded() { self = ConnectPace() }

  /// - Parameter random: in 0 ..< 1; so that the processes of a system do not try in step.
  mutating func failed(_ now: ContinuousClock.Instant, random: Double) {
    // Those that failed together, before anything was known, are one failure.
    guard isTrying || pausedUntil == nil else { return }
    isTrying = false
    let step = (0..<min(failures, 10)).reduce(Self.firstMs) { step, _ in min(step * 2, Self.mostMs) }
    failures += 1
    pausedUntil = now + .milliseconds(Int64(step * (0.5 + 0.5 * random)))
  }
}
