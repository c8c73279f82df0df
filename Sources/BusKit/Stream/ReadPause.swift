/// How long a reader waits before it reads again. A transaction costs nearly as much for one message as for twenty:
/// while small batches follow each other at once, a moment's pause makes fewer and larger ones of them.
///
/// The pause is half of what the last batch took, so it grows with the load and is a millisecond or two where there is
/// little. After a time without messages there is none: the first message of a burst never waits.
struct ReadPause {
  /// What comes so soon after a batch is the same stream of messages.
  private static let gapMax: Duration = .milliseconds(50)
  private static let longest: Duration = .milliseconds(20)
  /// Less costs more than it brings.
  private static let shortest: Duration = .milliseconds(1)

  /// A batch that is a quarter full is large enough.
  private let enough: Int
  private var lastEnd: ContinuousClock.Instant?
  /// Before the next read.
  private(set) var time: Duration = .zero

  init(batchMax: Int) { enough = max(1, batchMax / 4) }

  /// After each read, of messages or of none.
  mutating func note(_ count: Int, from begin: ContinuousClock.Instant, to end: ContinuousClock.Instant) {
    time = .zero
    guard count > 0 else { return }
    let follows = lastEnd.map { $0.duration(to: begin) < Self.gapMax } ?? false
    lastEnd = end
    let half = begin.duration(to: end) / 2
    if follows, count < enough, half >= Self.shortest { time = min(Self.longest, half) }
  }
}
