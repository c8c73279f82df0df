import Logging
import Postgres
import Synchronization

/// Marks outbox rows as sent, many in one statement, beside the sending of the next ones: what comes within a moment, or
/// while one transaction is on its way, is marked by the next. Nobody waits for a mark; a transaction for every few
/// messages would cost as much as handling them.
///
/// What cannot be marked is found by the sweep and sent once more; the readers' inboxes absorb it.
final class SentMarker: Sendable {
  private struct State {
    var waiting: [(records: [OutboxRecord], life: BrokerLife)] = []
    var count = 0
    var isFinished = false
  }

  private static let batchMax = 2_000
  /// More than this does not wait here: marking must not fall behind for longer than the sweep's grace.
  private static let waitingMax = 8_000

  private let pool: PostgresPool
  /// How long it gathers what is to be marked.
  private let gathering: Duration
  private let logger: Logger
  private let state = Mutex(State())
  private let wake: AsyncStream<Void>.Continuation
  private let wakes: AsyncStream<Void>

  /// - Parameter grace: of the sweep, which sends what is not marked by then a second time.
  init(pool: PostgresPool, grace: Duration, logger: Logger) {
    self.pool = pool
    gathering = grace / 20
    self.logger = logger
    (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Takes records to be marked soon. False: there is no room, or nobody runs; the caller marks them itself.
  func submit(_ records: [OutboxRecord], life: BrokerLife) -> Bool {
    let isTaken = state.withLock { state in
      guard !state.isFinished, state.count < Self.waitingMax else { return false }
      state.waiting.append((records, life))
      state.count += records.count
      return true
    }
    if isTaken { wake.yield() }
    return isTaken
  }

  func mark(_ records: [OutboxRecord], life: BrokerLife) async throws {
    try await pool.transaction { try OutboxStore.markSent(records, life: life, in: $0) }
  }

  /// Marks what is submitted, until `finish()` and everything submitted before it is marked.
  func run() async {
    for await _ in wakes {
      await gather()
      while let (records, life) = next() {
        do {
          try await mark(records, life: life)
        } catch {
          logger.debug("marking is left to the sweep", metadata: ["error": "\(error)", "rows": "\(records.count)"])
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
  private func next() -> (records: [OutboxRecord], life: BrokerLife)? {
    state.withLock { state in
      guard let life = state.waiting.first?.life else { return nil }
      var (records, batches): ([OutboxRecord], Int) = ([], 0)
      for batch in state.waiting {
        let isRoom = records.isEmpty || records.count + batch.records.count <= Self.batchMax
        guard batch.life == life, isRoom else { break }
        records += batch.records
        batches += 1
      }
      state.waiting.removeFirst(batches)
      state.count -= records.count
      return (records, life)
    }
  }
}
