import Foundation
import Logging
import Postgres
import Synchronization

/// Sends outbox rows to their streams and marks them sent.
///
/// A process publishes what it has just committed; what a crash left behind is found by the sweep of any replica.
/// With each batch the broker's epoch is read: another one means that it has lost its memory, and what its readers may
/// still need is sent again.
final class Publisher: Sendable {
  /// What one transaction wrote.
  private struct Waiting {
    let records: [OutboxRecord]
    /// When their unit began.
    let begun: ContinuousClock.Instant
    let deadline: ContinuousClock.Instant
  }

  private struct State {
    var waiting: [Waiting] = []
    /// Records in `waiting`.
    var count = 0
    var isFinishing = false
    var full: FullStreams
    /// The epoch that was compared with the stored one; nil: compare.
    var epoch: String?
    /// The server process of this generation, as compared.
    var runID = ""
    var generation = 0
  }

  private let broker: any Broker
  private let pool: PostgresPool
  private let timing: BusTiming
  private let lengthMax: [String: Int]
  private let logger: Logger
  private let metrics: MetricsRegistry
  private let state: Mutex<State>
  private let marker: SentMarker
  private let held: HeldRecords
  private let wake: AsyncStream<Void>.Continuation
  private let wakes: AsyncStream<Void>

  /// More than this waits for the sweep: memory has a limit, the outbox does not.
  private static let waitingMax = 20_000
  /// With more than this, who writes is faster than sending, and is held up a little.
  private static let behindCount = 4_000
  private static let behindPause: Duration = .milliseconds(2)
  private static let batchMax = 500
  /// So many rows of a stream that has room again one step makes due.
  private static let releaseMax = 2_000
  /// A step that sent nothing and only passed over rows is followed by another after this: others may stand behind.
  private static let passingPause: Duration = .milliseconds(50)
  /// One pipeline carries about this much.
  private static let chunkBytes = 4 * 1024 * 1024

  init(
    broker: any Broker, pool: PostgresPool, timing: BusTiming, lengthMax: [String: Int], logger: Logger,
    metrics: MetricsRegistry
  ) {
    self.broker = broker
    self.pool = pool
    self.timing = timing
    self.lengthMax = lengthMax
    self.logger = logger
    self.metrics = metrics
    state = Mutex(State(full: FullStreams(grace: timing.outboxGrace)))
    held = HeldRecords(longest: timing.outboxGrace * 5)
    marker = SentMarker(pool: pool, held: held, grace: timing.outboxGrace, logger: logger)
    (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Takes rows that have just been committed. Those that do not fit are left to the sweep.
  /// - Parameter begun: a moment before they were created.
  func submit(_ records: [OutboxRecord], begun: ContinuousClock.Instant) {
    guard !records.isEmpty else { return }
    // What waits too long meets the sweep on its way: leaving it to that saves a second sending when there is most to
    // do.
    let deadline = ContinuousClock.now + timing.outboxGrace / 2
    // Before anybody can send and release them.
    held.hold(records)
    let isTaken = state.withLock { state in
      guard state.count < Self.waitingMax else { return false }
      state.waiting.append(Waiting(records: records, begun: begun, deadline: deadline))
      state.count += records.count
      return true
    }
    if !isTaken { return held.releaseUnsent(records) }
    wake.yield()
  }

  /// Waits while much more is written than leaves, but never long: what is left to the sweep costs twice.
  func untilRoom() async throws {
    let deadline = ContinuousClock.now + timing.outboxGrace / 8
    while state.withLock({ $0.count > Self.behindCount }), ContinuousClock.now < deadline {
      try await Task.sleep(for: Self.behindPause)
    }
  }

  /// Publishes what is submitted, until `finish()` and everything submitted before it is sent. Failures are left to the
  /// sweep.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.marker.run() }
      await self.send()
      self.marker.finish()
    }
  }

  private func send() async {
    for await _ in wakes {
      while case let batch = nextBatch(), !batch.isEmpty {
        defer { for waiting in batch { held.releaseUnsent(waiting.records) } }
        do {
          try await send(batch)
        } catch {
          logger.debug("publishing is left to the sweep", metadata: ["error": "\(error)"])
          if state.withLock({ $0.isFinishing }) { return }
        }
      }
      if Task.isCancelled { return }
    }
  }

  private func send(_ batch: [Waiting]) async throws {
    try await checkEpoch()
    let now = ContinuousClock.now
    let inTime = batch.filter { $0.deadline > now }
    let begun = inTime.map(\.begun).min()
    try await publish(inTime.flatMap(\.records)) { sent, life in
      held.noteSent(sent)
      let batch = SentBatch(sent, life: life, begun: begun)
      // Marking one batch goes on beside the sending of the next.
      if !marker.submit(batch) { try await marker.mark(batch) }
    }
  }

  /// Nothing more is submitted: `run` returns when what waits has been sent, or at its first failure.
  func finish() {
    state.withLock { $0.isFinishing = true }
    wake.finish()
  }

  /// At least one transaction's records, and not many more than `batchMax`.
  private func nextBatch() -> [Waiting] {
    state.withLock { state in
      var (batch, count) = (0, 0)
      while batch < state.waiting.count, count < Self.batchMax {
        count += state.waiting[batch].records.count
        batch += 1
      }
      defer {
        state.waiting.removeFirst(batch)
        state.count -= count
      }
      return Array(state.waiting.prefix(batch))
    }
  }

  /// Sends rows that a crash or an outage left behind and delayed ones that are due. One step; the caller loops.
  ///
  /// What this process is about to send or to mark itself is only claimed, which keeps the other replicas from it. What
  /// goes to a full stream is passed over for a while, so that it does not stand before the others each time. Each step
  /// begins with a look at the full streams: the backlog of one may be so large that the first of its rows are due
  /// again before the last was passed over.
  /// - Returns: whether there may be more to do at once.
  func sweep() async throws -> Bool {
    try await recheckFullStreams()
    try await checkEpoch()
    let released = try await releaseRows()
    let pauses = state.withLock { $0.full.pauses(at: .now) }
    let claim = try await pool.transaction { session in
      try OutboxStore.claimDue(
        limit: Self.batchMax, grace: self.timing.outboxGrace, passingOver: pauses, in: session)
    }
    let open = held.others(of: claim.records)
    let sent = try await publish(open) { try await marker.mark(SentBatch($0, life: $1)) }
    metrics.counter("energy_bus_swept_total").increment(by: sent)
    if sent > 0 { return claim.count == Self.batchMax || released > 0 }
    // Where nothing was taken, the broker is to be left alone.
    guard claim.count == Self.batchMax, open.isEmpty else { return false }
    if claim.records.count < claim.count { try await Task.sleep(for: Self.passingPause) }
    return true
  }

  /// Makes rows due that were passed over, of streams that have room again and as many as that is. Returns how many.
  private func releaseRows() async throws -> Int {
    var count = 0
    for (stream, room) in state.withLock({ $0.full.rooms }) {
      let (limit, pauseMax) = (min(room, Self.releaseMax), state.withLock { $0.full.pauseMax })
      let released = try await pool.transaction { session in
        try OutboxStore.release(
          stream, limit: limit, grace: self.timing.outboxGrace, pauseMax: pauseMax, in: session)
      }
      if released < limit { state.withLock { $0.full.forget(stream) } }
      count += released
    }
    return count
  }

  /// Sends rows, a few megabytes at a time, and has marked what the broker took. Returns how many that were.
  @discardableResult
  private func publish(
    _ records: [OutboxRecord], mark: ([OutboxRecord], BrokerLife) async throws -> Void
  ) async throws -> Int {
    var (count, rest) = (0, records[...])
    while !rest.isEmpty {
      var bytes = 0
      let chunk = rest.prefix { record in
        defer { bytes += record.envelope.body.count }
        return bytes < Self.chunkBytes
      }
      rest = rest.dropFirst(chunk.count)
      let (sent, life) = try await send(Array(chunk))
      if let life, !sent.isEmpty { try await mark(sent, life) }
      count += sent.count
    }
    return count
  }

  /// Adds the rows to their streams in one round trip; returns those that the broker took, and its epoch and server
  /// process when it did.
  private func send(
    _ records: [OutboxRecord]
  ) async throws -> (sent: [OutboxRecord], life: BrokerLife?) {
    let full = state.withLock { $0.full }
    let open = records.filter { !full.contains($0.streamKey) }
    guard !open.isEmpty else { return ([], nil) }
    let report = try await broker.publish(open.map(\.publication))
    // The way to the broker opened anew may lead to one that has forgotten things: compare first, mark later.
    let runID = state.withLock { $0.generation == broker.generation ? $0.runID : nil }
    let life = runID.flatMap { runID in report.epoch.map { BrokerLife(epoch: $0, runID: runID) } }
    note(epoch: life?.epoch)

    var sent: [OutboxRecord] = []
    var refusals: [String: (count: Int, reason: String)] = [:]
    for (record, outcome) in zip(open, report.outcomes) {
      switch outcome {
      case .stored: sent.append(record)
      case .refused(let reason):
        refusals[record.topicName] = (refusals[record.topicName, default: (0, reason)].count + 1, reason)
      }
    }
    for (topic, refusal) in refusals {
      metrics.counter("energy_bus_publish_errors_total", labels: [("topic", topic)]).increment(by: refusal.count)
      logger.warning(
        "messages were not accepted",
        metadata: ["topic": "\(topic)", "count": "\(refusal.count)", "error": "\(refusal.reason)"])
    }
    for (stream, length) in report.lengths { note(length: length, of: stream) }
    metrics.counter("energy_bus_published_total").increment(by: sent.count)
    return (sent, life)
  }

  private func note(length: Int, of key: String) {
    guard let most = lengthMax[key] else { return }
    let change = state.withLock { $0.full.note(length: length, most: most, of: key, at: .now) }
    if let isFull = change {
      let text: Logger.Message = isFull ? "stream is full: publishing to it stops" : "stream has room again"
      logger.critical(text, metadata: ["stream": "\(key)"])
    }
    metrics.gauge("energy_bus_stream_full", labels: [("stream", key)]).set(length >= most ? 1 : 0)
  }

  /// Whether the sweep has something to find out though nothing is due: what the broker remembers, or whether a full
  /// stream has room again.
  var mustLook: Bool {
    state.withLock { $0.epoch == nil || $0.generation != broker.generation || !$0.full.isEmpty }
  }

  /// Looks now and then whether streams that were full have room again.
  private func recheckFullStreams() async throws {
    for key in state.withLock({ $0.full.toLook(at: .now) }) {
      note(length: try await broker.length(of: key), of: key)
    }
  }

  // MARK: - Epoch

  /// What the broker was seen to have as its epoch. Another one than known makes the next sweep compare and send again.
  func note(epoch seen: String?) {
    state.withLock { if seen != $0.epoch { $0.epoch = nil } }
  }

  /// Compares the broker's epoch with the one stored beside the outbox. Another one: it has lost its memory, everything
  /// kept is sent again. The same, but another server process: the last moments are sent again, for what an unfinished
  /// fsync lost.
  private func checkEpoch() async throws {
    let isKnown = state.withLock { $0.epoch != nil && $0.generation == broker.generation }
    if isKnown { return }
    let memory = try await broker.memory()
    let isAnother = try await pool.transaction {
      try EpochStore.compare(epoch: memory.epoch, runID: memory.run, in: $0)
    }
    if isAnother { logger.warning("the broker has changed: messages are sent again") }
    state.withLock {
      $0.epoch = memory.epoch
      $0.runID = memory.run
      $0.generation = memory.generation
    }
  }
}
