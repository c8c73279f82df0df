import Logging
import Postgres
import Synchronization

/// Marks outbox rows as sent, many in one statement, beside the sending of the next ones: what comes within a moment,
/// or while one transaction is on its way, is marked by the next. Nobody waits for a mark; a transaction for every few
/// messages would cost as much as handling them.
///
/// What cannot be marked is found by the sweep and sent once more; the readers' inboxes absorb it.
final class SentMarker: Sendable {
  private struct State {
    var waiting: [SentBatch] = []
    var count = 0
    var isFinished = false
  }

  private static let batchMax = 2_000
  /// More than this does not wait here: marking must not fall behind for longer than the sweep's grace.
  private static let waitingMax = 8_000

  private let pool: PostgresPool
  private let held: HeldRecords
  /// How long it gathers what is to be marked.
  private let gathering: Duration
  private let logger: Logger
  private let state = Mutex(State())
  private let wake: AsyncStream<Void>.Continuation
  private let wakes: AsyncStream<Void>

  /// - Parameters:
  ///   - held: told of what is marked.
  ///   - grace: of the sweep: what is not marked by then another replica sends a second time.
  init(pool: PostgresPool, held: HeldRecords, grace: Duration, logger: Logger) {
    self.pool = pool
    self.held = held
    gathering = grace / 8
    self.logger = logger
    (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Takes records to be marked soon. False: there is no room, or nobody runs; the caller marks them itself.
  func submit(_ batch: SentBatch) -> Bool {
    let isTaken = state.withLock { state in
      guard !state.isFinished, state.count < Self.waitingMax else { return false }
      state.waiting.append(batch)
      state.count += batch.records.count
      return true
    }
    if isTaken { wake.yield() }
    return isTaken
  }

  func mark(_ batch: SentBatch) async throws {
    defer { held.release(batch.records) }
    let arePrompt = batch.begun.map { $0.duration(to: .now) < OutboxStore.promptMax } ?? false
    try await pool.transaction {
      try OutboxStore.markSent(batch.records, life: batch.life, arePrompt: arePrompt, in: $0)
    }
  }

  /// Marks what is submitted, until `finish()` and everything submitted before it is marked.
  func run() async {
    for await _ in wakes {
      await gather()
      while let batch = next() {
        do {
          try await mark(batch)
        } catch {
          logger.debug(
            "marking is left to the sweep", metadata: ["error": "\(error)", "rows": "\(batch.records.count)"])
        }
      }
    }
  }

  private func gather() async {
    guard state.withLock({ !$0.isFinished && $0.count < Self.batchMax }) else { return }
    do { try await Task.sleep(for: gathering) } catch {
      // Cancelled: what is there is marked at once.
      return
    }
  }

  func finish() {
    state.withLock { $0.isFinished = true }
    wake.finish()
  }

  /// Records that one life of the broker took.
  private func next() -> SentBatch? {
    state.withLock { state in
      guard var all = state.waiting.first else { return nil }
      var batches = 1
      for batch in state.waiting.dropFirst() {
        guard batch.life == all.life, all.records.count + batch.records.count <= Self.batchMax else { break }
        all.add(batch)
        batches += 1
      }
      state.waiting.removeFirst(batches)
      state.count -= all.records.count
      return all
    }
  }
}

/// What the broker took, and in which life.
struct SentBatch: Sendable {
  private(set) var records: [OutboxRecord]
  let life: BrokerLife
  /// Before this nothing of it was created; nil: nobody knows.
  private(set) var begun: ContinuousClock.Instant?

  init(_ records: [OutboxRecord], life: BrokerLife, begun: ContinuousClock.Instant? = nil) {
    self.records = records
    self.life = life
    self.begun = begun
  }

  fileprivate mutating func add(_ other: SentBatch) {
    records += other.records
    begun = begun.flatMap { begun in other.begun.map { min(begun, $0) } }
  }
}
