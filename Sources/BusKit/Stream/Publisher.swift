import Foundation
import Logging
import Postgres
import Redis
import Synchronization

/// Sends outbox rows to their streams and marks them sent.
///
/// A process publishes what it has just committed; what a crash left behind is found by the sweep of any replica. Before each
/// batch the epoch of Redis is read: another epoch means that Redis has lost its memory, and everything still kept is sent again.
final class Publisher: Sendable {
  private struct State {
    var waiting: [OutboxRecord] = []
    var full: Set<String> = []
    var epoch: String?
    var runID: String?
    var generation = 0
  }

  private let connection: RedisConnection
  private let pool: PostgresPool
  private let timing: BusTiming
  private let lengthMax: [String: Int]
  private let logger: Logger
  private let metrics: MetricsRegistry
  private let state = Mutex(State())
  private let wake: AsyncStream<Void>.Continuation
  private let wakes: AsyncStream<Void>

  /// More than this waits for the sweep: memory has a limit, the outbox does not.
  private static let waitingMax = 20_000
  private static let batchMax = 500

  init(
    connection: RedisConnection, pool: PostgresPool, timing: BusTiming, lengthMax: [String: Int], logger: Logger,
    metrics: MetricsRegistry
  ) {
    self.connection = connection
    self.pool = pool
    self.timing = timing
    self.lengthMax = lengthMax
    self.logger = logger
    self.metrics = metrics
    (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Takes rows that have just been committed. Those that do not fit are left to the sweep.
  func submit(_ records: [OutboxRecord]) {
    guard !records.isEmpty else { return }
    state.withLock { $0.waiting.append(contentsOf: records.prefix(max(0, Self.waitingMax - $0.waiting.count))) }
    wake.yield()
  }

  /// Publishes what is submitted, until cancelled. Failures are left to the sweep.
  func run() async {
    for await _ in wakes {
      while true {
        let batch = state.withLock { state in
          let batch = Array(state.waiting.prefix(Self.batchMax))
          state.waiting.removeFirst(batch.count)
          return batch
        }
        if batch.isEmpty { break }
        do {
          let sent = try await send(batch)
          try await pool.transaction { try OutboxStore.markSent(sent, in: $0) }
        } catch {
          logger.debug("publishing is left to the sweep", metadata: ["error": "\(error)", "rows": "\(batch.count)"])
        }
      }
      if Task.isCancelled { return }
    }
  }

  func finish() { wake.finish() }

  /// Sends rows that a crash or an outage left behind and delayed ones that are due. One step; the caller loops.
  /// - Returns: how many rows were sent.
  func sweep() async throws -> Int {
    try await checkEpoch()
    let records = try await pool.transaction { session in
      // Holding the rows for the length of the sending would block writers; a short claim by time does not.
      let records = try OutboxStore.lockDue(limit: Self.batchMax, in: session)
      if !records.isEmpty {
        _ = try session.execute(
          "update outbox set available_at = clock_timestamp() + $2 * interval '1 ms' where message_id = any($1)",
          [.uuidArray(records.map(\.envelope.id)), .int(self.timing.outboxGrace.milliseconds)])
      }
      return records
    }
    guard !records.isEmpty else { return 0 }
    let sent = try await send(records)
    try await pool.transaction { try OutboxStore.markSent(sent, in: $0) }
    return sent.count
  }

  /// Adds the rows to their streams in one round trip; returns those that Redis took.
  private func send(_ records: [OutboxRecord]) async throws -> [(id: UUID, streamID: String)] {
    let full = state.withLock { $0.full }
    let open = records.filter { !full.contains($0.streamKey) }
    var commands: [RedisCommand] = [RedisCommand("GET", .init(Self.epochKey))]
    for record in open { commands.append(contentsOf: Self.commands(for: record)) }
    let lasting = Set(open.filter { !$0.isTransient }.map(\.streamKey)).sorted()
    commands += lasting.map { RedisCommand("XLEN", .init($0)) }
    let replies = try await connection.pipeline(commands)
    noteEpoch(replies[0].string)

    var sent: [(id: UUID, streamID: String)] = []
    var index = 1
    for record in open {
      if let id = replies[index].string {
        sent.append((record.envelope.id, id))
      } else if case .error(let error) = replies[index] {
        metrics.counter("energy_bus_publish_errors_total", labels: [("topic", record.topicName)]).increment()
        logger.warning("a message was not accepted", metadata: ["topic": "\(record.topicName)", "error": "\(error)"])
      }
      index += record.isTransient ? 2 : 1
    }
    for (offset, key) in lasting.enumerated() { note(length: replies[index + offset].int ?? 0, of: key) }
    metrics.counter("energy_bus_published_total").increment(by: sent.count)
    return sent
  }

  private static func commands(for record: OutboxRecord) -> [RedisCommand] {
    let add = { (options: [RedisWord]) in
      RedisCommand([RedisWord("XADD"), .init(record.streamKey)] + options + ["*"] + record.envelope.wireFields)
    }
    guard record.isTransient else { return [add([])] }
    return [add(["MAXLEN", "~", "10000"]), RedisCommand("EXPIRE", .init(record.streamKey), "60")]
  }

  private func note(length: Int64, of key: String) {
    guard let most = lengthMax[key] else { return }
    let isFull = length >= Int64(most)
    let changed = state.withLock { isFull ? $0.full.insert(key).inserted : $0.full.remove(key) != nil }
    if changed {
      logger.critical("\(isFull ? "stream is full: publishing to it stops" : "stream has room again")", metadata: ["stream": "\(key)"])
    }
    metrics.gauge("energy_bus_stream_full", labels: [("stream", key)]).set(isFull ? 1 : 0)
  }

  /// Looks again at streams that were full; called from the sweep's loop.
  func recheckFullStreams() async throws {
    for key in state.withLock({ $0.full }) {
      note(length: try await connection.send(RedisCommand("XLEN", .init(key))).int ?? 0, of: key)
    }
  }

  // MARK: - Epoch

  private static let epochKey = "bus:epoch"

  private func noteEpoch(_ seen: String?) {
    state.withLock { if seen != $0.epoch { $0.epoch = nil } }
  }

  /// Compares Redis' epoch with the one stored beside the outbox. Another one: Redis has lost its memory, everything kept is sent
  /// again. The same, but another server process: the last minute is sent again, for what an unfinished fsync lost.
  private func checkEpoch() async throws {
    let generation = connection.generation
    let isKnown = state.withLock { $0.epoch != nil && $0.generation == generation && $0.runID != nil }
    if isKnown { return }
    let replies = try await connection.pipeline([
      RedisCommand("SET", .init(Self.epochKey), .init(UUID.v7().text), "NX"),
      RedisCommand("GET", .init(Self.epochKey)), RedisCommand("INFO", "server"),
    ])
    guard let epoch = replies[1].string else { return }
    let runID = replies[2].string?.split(whereSeparator: \.isNewline).first { $0.hasPrefix("run_id:") }
      .map { String($0.dropFirst(7)) } ?? ""
    let resent = try await pool.transaction { try self.compare(epoch: epoch, runID: runID, in: $0) }
    if resent > 0 {
      metrics.counter("energy_bus_resent_total").increment(by: resent)
      logger.warning("Redis has changed: messages are sent again", metadata: ["rows": "\(resent)"])
    }
    state.withLock {
      $0.epoch = epoch
      $0.runID = runID
      $0.generation = generation
    }
  }

  private func compare(epoch: String, runID: String, in session: PostgresSession) throws -> Int {
    _ = try session.execute("select pg_advisory_xact_lock(hashtext('bus_epoch'))")
    var stored: [String: String] = [:]
    for row in try session.execute("select key, value from bus_state where key in ('epoch', 'run_id')").rows {
      stored[try row.string("key")] = try row.string("value")
    }
    if stored["epoch"] == epoch, stored["run_id"] == runID { return 0 }
    for (key, value) in [("epoch", epoch), ("run_id", runID)] {
      _ = try session.execute(
        "insert into bus_state (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value",
        [.text(key), .text(value)])
    }
    guard let known = stored["epoch"] else { return 0 }
    guard known == epoch else { return try OutboxStore.resend(since: .distantPast, in: session) }
    let clock = try session.execute("select clock_timestamp() - interval '60 s' as since").rows
    guard let since = try clock.first?.date("since") else { return 0 }
    return try OutboxStore.resend(since: since, in: session)
  }
}
