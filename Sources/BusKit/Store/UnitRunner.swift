import Foundation
import Postgres

/// Runs units of work: any number of them in one transaction.
///
/// One transaction is two round trips: begin · inbox insert of all ids · one locking read per table; then, after the
/// handlers have run on values, rows · outbox · effects · commit. What was published leaves after the commit.
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
    let begun = ContinuousClock.now
    let (result, left) = try await rerunning {
      try await pool.transaction { session in
        let rows = NeededRows(units.flatMap(\.needs))
        try session.enqueuePlansAndClock()
        try InboxStore.enqueueInsert(units.compactMap(\.cause), in: session)
        try rows.enqueue(in: session)
        let results = try session.answers(to: 2 + rows.count)
        let clock = try results[0].clock
        let fresh = try self.fresh(units, results[1], in: session)
        let workspace = try self.workspace(
          rows, results[2...], isWhole: fresh.count == units.count, fresh.flatMap(\.needs), in: session)
        for unit in fresh {
          workspace.begin(unit.needs)
          try unit.apply(UnitOfWork(now: clock, cause: unit.cause, workspace: workspace))
        }
        let left = try flush(workspace, now: clock, to: session)
        return (BatchResult(handled: fresh.count, duplicates: units.count - fresh.count), left)
      }
    }
    announce(left, begun: begun)
    return result
  }

  /// One unit that no message started.
  /// - Parameter before: what comes before the unit's own locks; if it throws, nothing has happened.
  func transaction<T: Sendable>(
    needs: [Need], correlation: String, before: (@Sendable (PostgresSession) throws -> Void)? = nil,
    _ body: @escaping @Sendable (UnitOfWork) throws -> T
  ) async throws -> T {
    try await publisher.untilRoom()
    let trace = TraceContext.current ?? ""
    let rows = NeededRows(needs)
    let begun = ContinuousClock.now
    let (value, left) = try await rerunning {
      try await pool.transaction { session in
        if let before {
          try session.enqueuePlansByKey()
          try before(session)
        }
        try session.enqueuePlansAndClock()
        try rows.enqueue(in: session)
        let results = try session.answers(to: 1 + rows.count)
        let clock = try results[0].clock
        let workspace = try self.workspace(rows, results[1...], isWhole: true, needs, in: session)
        workspace.begin(needs)
        let cause =
          correlation.isEmpty && trace.isEmpty
          ? nil : Envelope.origin(correlation: correlation, at: clock, traceparent: trace)
        let value = try body(UnitOfWork(now: clock, cause: cause, workspace: workspace))
        return (value, try flush(workspace, now: clock, to: session))
      }
    }
    announce(left, begun: begun)
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

  /// What is to be done after the commit, and only then.
  struct Left: Sendable {
    /// Messages that are to leave at once.
    var records: [OutboxRecord] = []
    /// Whether effects were recorded, or have become free, that need not wait.
    var hasEffects = false
    /// How long the others have to wait.
    var delays: [Duration] = []
  }

  /// - Parameter begun: a moment before the messages' time of creation.
  func announce(_ left: Left, begun: ContinuousClock.Instant) {
    publisher.submit(left.records, begun: begun)
    if left.hasEffects { effectsRecorded() }
    for delay in left.delays { effectsDelayed(delay) }
  }

  /// The units that the inbox had not seen. A message that stands twice in a batch runs once.
  private func fresh(
    _ units: [PreparedUnit], _ inbox: PostgresResult, in session: PostgresSession
  ) throws -> [PreparedUnit] {
    var inserted = Set(try inbox.rows.map { try $0.uuid("message_id") })
    var fresh: [PreparedUnit] = []
    var seen: [Envelope] = []
    for unit in units {
      guard let cause = unit.cause else { continue }
      if inserted.remove(cause.id) != nil { fresh.append(unit) } else { seen.append(cause) }
    }
    try InboxStore.checkBodies(of: seen, in: session)
    return fresh
  }

  /// A workspace with the rows of `needs`.
  /// - Parameters:
  ///   - asked: what was read for all units, with its results.
  ///   - isWhole: false: some units do not run. Their rows are locked for nothing and must not be seen; what the others
  ///     need is read again, under the locks that are held already.
  func workspace(
    _ asked: NeededRows, _ results: ArraySlice<PostgresResult>, isWhole: Bool, _ needs: @autoclosure () -> [Need],
    in session: PostgresSession
  ) throws -> Workspace {
    let workspace = Workspace()
    workspace.session = session
    if isWhole {
      try asked.place(results, into: workspace)
    } else {
      let rows = NeededRows(needs())
      try rows.enqueue(in: session)
      if rows.count > 0 { try rows.place(session.answers(to: rows.count)[...], into: workspace) }
    }
    return workspace
  }

  /// Enqueues what the units have written; returns what that leaves to be done.
  func flush(_ workspace: Workspace, now: Date, to session: PostgresSession) throws -> Left {
    try writer.enqueue(workspace.tables, in: session)
    var left = Left()
    var rows: [OutboxStore.NewRow] = []
    for (message, at) in workspace.outgoing {
      let record = OutboxRecord(message)
      try record.check(isFor: publishedTopics)
      if let at, at > now {
        rows.append(.init(record: record, delayedUntil: at))
      } else {
        rows.append(.init(record: record))
        left.records.append(record)
      }
    }
    try OutboxStore.enqueueInsert(rows, grace: outboxGrace, in: session)
    try EffectStore.enqueueWithdrawals(workspace.withdrawals, in: session)
    try EffectStore.enqueueInsert(workspace.effects, now: now, in: session)
    for effect in workspace.effects {
      if let at = effect.at, at > now {
        left.delays.append(.seconds(at.timeIntervalSince(now)))
      } else {
        left.hasEffects = true
      }
    }
    return left
  }
}

extension Envelope {
  /// Stands for a request from outside, so that what it publishes shares its correlation.
  static func origin(correlation: String, at now: Date, traceparent: String = "") -> Envelope {
    Envelope(id: .v7(), type: "", version: 0, key: "", createdAt: now, correlation: correlation,
      traceparent: traceparent, body: [])
  }
}
