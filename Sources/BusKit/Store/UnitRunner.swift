import Foundation
import Postgres

/// Runs units of work: any number of them in one transaction.
///
/// One transaction is: begin · inbox insert of all ids · one locking read per table · the handlers on values · one
/// pipelined flush of rows, outbox and effects · commit. What was published leaves after the commit.
struct UnitRunner: Sendable {
  let pool: PostgresPool
  let publisher: Publisher
  let effectsRecorded: @Sendable () -> Void
  /// Told how long effects that are recorded now have to wait for their time.
  let effectsDelayed: @Sendable (Duration) -> Void
  let outboxGrace: Duration
  /// The lasting topics that may be written to.
  let publishedTopics: Set<String>
  private let writer = RowWriter()

  init(
    pool: PostgresPool, publisher: Publisher, effectsRecorded: @escaping @Sendable () -> Void,
    effectsDelayed: @escaping @Sendable (Duration) -> Void = { _ in }, outboxGrace: Duration,
    publishedTopics: Set<String>
  ) {
    self.publishedTopics = publishedTopics
    self.pool = pool
    self.publisher = publisher
    self.effectsRecorded = effectsRecorded
    self.effectsDelayed = effectsDelayed
    self.outboxGrace = outboxGrace
  }

  static let rerunsMax = 6

  typealias IdentityConflict = InboxStore.IdentityConflict

  struct BatchResult: Sendable {
    var handled: Int
    var duplicates: Int
  }

  /// One transaction for the whole batch; throws if any of it fails, and then nothing has happened.
  func batch(_ units: [PreparedUnit]) async throws -> BatchResult {
    try await publisher.untilRoom()
    let (result, records, hasEffects) = try await rerunning {
      try await pool.transaction { session in
        let (fresh, clock) = try claim(units, in: session)
        let workspace = Workspace()
        workspace.session = session
        try load(fresh.flatMap(\.needs), into: workspace, from: session)
        for unit in fresh {
          workspace.begin(unit.needs)
          try unit.apply(UnitOfWork(now: clock, cause: unit.cause, workspace: workspace))
        }
        let records = try flush(workspace, now: clock, to: session)
        let result = BatchResult(handled: fresh.count, duplicates: units.count - fresh.count)
        return (result, records, workspace.hasEffects(dueAt: clock))
      }
    }
    announce(records, hasEffects)
    return result
  }

  /// One unit that no message started.
  func transaction<T: Sendable>(
    needs: [Need], correlation: String, before: (@Sendable (PostgresSession) throws -> Void)? = nil,
    _ body: @escaping @Sendable (UnitOfWork) throws -> T
  ) async throws -> T {
    try await publisher.untilRoom()
    let trace = TraceContext.current ?? ""
    let (value, records, hasEffects) = try await rerunning {
      try await pool.transaction { session in
        try session.enqueuePlansByKey()
        let clock = try now(of: session)
        try before?(session)
        let workspace = Workspace()
        workspace.session = session
        try load(needs, into: workspace, from: session)
        workspace.begin(needs)
        let cause =
          correlation.isEmpty && trace.isEmpty
          ? nil : Envelope.origin(correlation: correlation, at: clock, traceparent: trace)
        let value = try body(UnitOfWork(now: clock, cause: cause, workspace: workspace))
        let records = try flush(workspace, now: clock, to: session)
        return (value, records, workspace.hasEffects(dueAt: clock))
      }
    }
    announce(records, hasEffects)
    return value
  }

  // MARK: - Steps

  /// Deadlocks, serialization failures, statements that a migration has overtaken and two units that inserted the same
  /// row run again: nothing of theirs has happened.
  func rerunning<T>(_ body: () async throws -> T) async throws -> T {
    var run = 0
    while true {
      do {
        return try await body()
      } catch let error as PostgresError where Self.isWorthRerunning(error) && run < Self.rerunsMax {
        run += 1
        try await Task.sleep(for: .milliseconds(Int64.random(in: 1...(4 << run))))
      } catch let error as PostgresError {
        writer.noteFailure(error)
        throw error
      }
    }
  }

  private static func isWorthRerunning(_ error: PostgresError) -> Bool {
    error.isRetryable || error.isUniqueViolation || error.isStalePlan
  }

  func announce(_ records: [OutboxRecord], _ hasEffects: Bool) {
    publisher.submit(records)
    if hasEffects { effectsRecorded() }
  }

  func now(of session: PostgresSession) throws -> Date {
    guard let row = try session.execute("select transaction_timestamp() as now").rows.first else {
      throw InvariantViolation("Postgres did not tell its time")
    }
    return try row.date("now")
  }

  /// Claims the messages in the inbox: the units that have not been handled before, and the database's time. A message
  /// that stands twice in a batch runs once.
  private func claim(
    _ units: [PreparedUnit], in session: PostgresSession
  ) throws -> (fresh: [PreparedUnit], now: Date) {
    try session.enqueuePlansByKey()
    try session.enqueue("select transaction_timestamp() as now")
    try InboxStore.enqueueInsert(units.compactMap(\.cause), in: session)
    // The transaction's own `begin` may be answered in the same round trip, before these two.
    let results = Array(try session.flush().suffix(2))
    guard results.count == 2, let clock = try results[0].rows.first?.date("now") else {
      throw InvariantViolation("Postgres answered \(results.count) of 2 statements")
    }
    var inserted = Set(try results[1].rows.map { try $0.uuid("message_id") })
    var fresh: [PreparedUnit] = []
    var seen: [Envelope] = []
    for unit in units {
      guard let cause = unit.cause else { continue }
      if inserted.remove(cause.id) != nil { fresh.append(unit) } else { seen.append(cause) }
    }
    try InboxStore.checkBodies(of: seen, in: session)
    return (fresh, clock)
  }

  /// One locking read per table, tables in alphabetical order, rows in key order, all in one round trip. What is read
  /// without a lock is read first, so that a row of both kinds ends as the locked one.
  func load(_ needs: [Need], into workspace: Workspace, from session: PostgresSession) throws {
    let reads = Self.reads(needs.filter { !$0.isLocking }) + Self.reads(needs.filter(\.isLocking))
    for (first, needs) in reads {
      let (condition, parameters) = Self.condition(needs, keyColumn: first.keyColumn)
      let lock = first.isLocking ? " order by \(first.keyColumn) for update" : ""
      try session.enqueue("select * from \(first.table)\(condition)\(lock)", parameters)
    }
    guard !reads.isEmpty else { return }
    // Statements that were queued before may be answered in the same round trip, ahead of these.
    let results = Array(try session.flush().suffix(reads.count))
    guard results.count == reads.count else {
      throw InvariantViolation("Postgres answered \(results.count) of \(reads.count) statements")
    }
    for ((first, _), result) in zip(reads, results) {
      for row in result.rows {
        let value = try first.decode(LoadedRow(row: row))
        try workspace.place(value, table: first.table, key: value.rowKey)
      }
    }
  }

  private static func reads(_ needs: [Need]) -> [(first: Need, needs: [Need])] {
    Dictionary(grouping: needs, by: \.table).sorted { $0.key < $1.key }.compactMap { _, needs in
      needs.first.map { ($0, needs) }
    }
  }

  private static func condition(_ needs: [Need], keyColumn: String) -> (String, [PostgresValue]) {
    var columns: [String: Set<String>] = [:]
    for need in needs {
      switch need.selector {
      case .all: return ("", [])
      case .key(let key): columns[keyColumn, default: []].insert(key)
      case .column(let column, let value): columns[column, default: []].insert(value)
      }
    }
    let sorted = columns.sorted { $0.key < $1.key }
    let clauses = sorted.enumerated().map { "\($1.key) = any($\($0 + 1))" }
    return (" where " + clauses.joined(separator: " or "), sorted.map { .textArray($0.value.sorted()) })
  }

  /// Returns the messages that are to leave at once.
  func flush(_ workspace: Workspace, now: Date, to session: PostgresSession) throws -> [OutboxRecord] {
    try writer.enqueue(workspace.tables, in: session)
    let grace = now.addingTimeInterval(outboxGrace.timeInterval)
    var immediate: [OutboxRecord] = []
    var rows: [OutboxStore.NewRow] = []
    for (message, at) in workspace.outgoing {
      let record = OutboxRecord(message)
      try record.check(isFor: publishedTopics)
      if let at, at > now {
        rows.append(.init(record: record, availableAt: at, delayedUntil: at))
      } else {
        rows.append(.init(record: record, availableAt: grace))
        immediate.append(record)
      }
    }
    try OutboxStore.enqueueInsert(rows, in: session)
    try EffectStore.enqueueWithdrawals(workspace.withdrawals, in: session)
    try EffectStore.enqueueInsert(workspace.effects, now: now, in: session)
    for effect in workspace.effects {
      if let at = effect.at, at > now { effectsDelayed(.seconds(at.timeIntervalSince(now))) }
    }
    return immediate
  }
}

extension Envelope {
  /// Stands for a request from outside, so that what it publishes shares its correlation.
  static func origin(correlation: String, at now: Date, traceparent: String = "") -> Envelope {
    Envelope(id: .v7(), type: "", version: 0, key: "", createdAt: now, correlation: correlation,
      traceparent: traceparent, body: [])
  }
}
