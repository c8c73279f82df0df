/// How a `Consumer` reads, retries and ends.
public struct ConsumerOptions: Sendable {
  /// Calls of handlers that run at the same time on one partition. With one, messages of a partition are handled in
  /// their order (a message that is tried again comes later).
  public var concurrency = 1
  /// Messages read at once, and the most that one batch has.
  public var batchMax = 500
  /// The longest that one call of a handler may take. Then its task is cancelled, its messages count as failed, and the
  /// rest goes on without it.
  public var handlerMax: Duration = .seconds(60)
  /// Deliveries of one message before it is a dead letter.
  public var attemptsMax = 8
  /// Between attempts. At most a lease: longer waits need a database (`Service`).
  public var backoff = Backoff(first: .milliseconds(100), factor: 4, most: .seconds(30))
  /// A delivery that its process has not renewed for this long goes to another.
  public var lease: Duration = .seconds(30)
  /// How long what is being handled may take when the consumer is to end; then it is handed back.
  public var drainMax: Duration = .seconds(20)
  /// How often abandoned deliveries are looked for and the stream is trimmed.
  public var sweep: Duration = .seconds(2)
  /// How long one read waits for a message: the longest that an idle consumer takes to notice that it is to stop.
  public var readBlock: Duration = .seconds(1)
  /// How long a message of an unknown type or version is handed back before it is a dead letter.
  public var unknownGrace: Duration = .seconds(15 * 60)
  /// Dead letters are kept for this long.
  public var deadLetterAge: Duration = .seconds(15 * 24 * 3600)
  /// Answers that are worked on at the same time.
  public var answersMax = 64

  public init() {}

  var timing: BusTiming {
    var timing = BusTiming()
    timing.batchMax = max(1, min(batchMax, 10_000))
    timing.attemptsMax = max(1, attemptsMax)
    timing.lease = lease
    timing.sweep = sweep
    timing.readBlock = readBlock
    timing.unknownGrace = unknownGrace
    timing.inboxRetention = deadLetterAge
    timing.queryConcurrencyMax = max(1, answersMax)
    return timing
  }
}
