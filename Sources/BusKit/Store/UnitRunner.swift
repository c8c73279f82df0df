import Crypto
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
  let outboxGrace: Duration

  private static let rerunsMax = 6

  /// A delivery whose id has been seen with another body: two different messages claim one identity.
  struct IdentityConflict: Error, CustomStringConvertible {
    let id: UUID
    var description: String { "message \(id.text) was handled before with another body" }
  }

  struct BatchResult: Sendable {
    var handled: Int
    var duplicates: Int
  }

  /// One transaction for the whole batch; throws if any of it fails, and then nothing has happened.
  func batch(_ units: [PreparedUnit]) async throws -> BatchResult {
    let (result, records, hasEffects) = try await rerunning {
      try await pool.transaction { session in
        try enqueueInbox(units, in: session)
        let (fresh, clock) = try readInbox(units, in: session)
        let workspace = Workspace()
        workspace.session = session
        try load(fresh.flatMap(\.needs), into: workspace, from: session)
        for unit in fresh {
          workspace.begin(unit.needs)
          try unit.apply(UnitOfWork(now: clock, cause: unit.cause, workspace: workspace))
        }
        let records = try flush(workspace, now: clock, to: session)
        return (
          BatchResult(handled: fresh.count, duplicates: units.count - fresh.count), records, !workspace.effects.isEmpty
        )
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
    let (value, records, hasEffects) = try await rerunning {
      try await pool.transaction { session in
        let clock = try now(of: session)
        try before?(session)
        let workspace = Workspace()
        workspace.session = session
        try load(needs, into: workspace, from: session)
        workspace.begin(needs)
        let cause = correlation.isEmpty ? nil : Envelope.origin(correlation: correlation, at: clock)
        let value = try body(UnitOfWork(now: clock, cause: cause, workspace: workspace))
        let records = try flush(workspace, now: clock, to: session)
        return (value, records, !workspace.effects.isEmpty)
      }
    }
    announce(records, hasEffects)
    return value
  }

  // MARK: - Steps

  /// Deadlocks, serialization failures and two units that inserted the same row run again: nothing of theirs has
  /// happened.
  private func rerunning<T>(_ body: () async throws -> T) async throws -> T {
    var run = 0
    while true {
      do {
        return try await body()
      } catch let error as PostgresError where (error.isRetryable || error.isUniqueViolation) && run < Self.rerunsMax {
        run += 1
        try await Task.sleep(for: .milliseconds(Int64.random(in: 1...(4 << run))))
      }
    }
  }

  private func announce(_ records: [OutboxRecord], _ hasEffects: Bool) {
    publisher.submit(records)
    if hasEffects { effectsRecorded() }
  }

  private func now(of session: PostgresSession) throws -> Date {
    guard let row = try session.execute("select transaction_timestamp() as now").rows.first else {
      throw InvariantViolation("Postgres did not tell its time")
    }
    return try row.date("now")
  }

  private func enqueueInbox(_ units: [PreparedUnit], in session: PostgresSession) throws {
    var entries: [(id: UUID, hash: [UInt8])] = []
    for unit in units {
      guard let cause = unit.cause else { continue }
      entries.append((cause.id, Array(SHA256.hash(data: cause.body))))
    }
    entries.sort { $0.id.text < $1.id.text }
    try session.enqueue("select transaction_timestamp() as now")
    try session.enqueue(
      """
      insert into inbox (message_id, body_hash)
      select entry.id, decode(entry.hash, 'hex') from unnest($1::uuid[], $2::text[]) as entry (id, hash)
      on conflict do nothing returning message_id
      """, [.uuidArray(entries.map(\.id)), .textArray(entries.map { hex($0.hash) })])
  }

  /// The units whose messages have not been handled before. A message that stands twice in a batch runs once.
  private func readInbox(
    _ units: [PreparedUnit], in session: PostgresSession
  ) throws -> (fresh: [PreparedUnit], now: Date) {
    // The transaction's own `begin` may be answered in the same round trip, before these two.
    let results = Array(try session.flush().suffix(2))
    guard results.count == 2, let clock = try results[0].rows.first?.date("now") else {
      throw InvariantViolation("Postgres answered \(results.count) of 2 statements")
    }
    var inserted = Set(try results[1].rows.map { try $0.uuid("message_id") })
    var fresh: [PreparedUnit] = []
    var seen: [PreparedUnit] = []
    for unit in units {
      guard let cause = unit.cause else { continue }
      if inserted.remove(cause.id) != nil { fresh.append(unit) } else { seen.append(unit) }
    }
    try checkBodies(seen, in: session)
    return (fresh, clock)
  }

  private func checkBodies(_ units: [PreparedUnit], in session: PostgresSession) throws {
    guard !units.isEmpty else { return }
    let rows = try session.execute(
      "select message_id, body_hash from inbox where message_id = any($1)",
      [.uuidArray(units.compactMap { $0.cause?.id })]
    ).rows
    var hashes: [UUID: [UInt8]] = [:]
    for row in rows { hashes[try row.uuid("message_id")] = try row.bytes("body_hash") }
    for unit in units {
      guard let cause = unit.cause, let hash = hashes[cause.id] else { continue }
      guard hash == Array(SHA256.hash(data: cause.body)) else { throw IdentityConflict(id: cause.id) }
    }
  }

  /// One locking read per table, tables in alphabetical order, rows in key order.
  private func load(_ needs: [Need], into workspace: Workspace, from session: PostgresSession) throws {
    let byTable = Dictionary(grouping: needs, by: \.table).sorted { $0.key < $1.key }
    for (table, needs) in byTable {
      guard let first = needs.first else { continue }
      let (condition, parameters) = Self.condition(needs, keyColumn: first.keyColumn)
      let rows = try session.execute(
        "select * from \(table)\(condition) order by \(first.keyColumn) for update", parameters
      ).rows
      for row in rows {
        let value = try first.decode(LoadedRow(row: row))
        try workspace.place(value, table: table, key: value.rowKey)
      }
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

  private func flush(_ workspace: Workspace, now: Date, to session: PostgresSession) throws -> [OutboxRecord] {
    for (table, slots) in workspace.tables.sorted(by: { $0.key < $1.key }) {
      for (key, slot) in slots.sorted(by: { $0.key < $1.key }) where slot.isDirty {
        try write(slot, table: table, key: key, to: session)
      }
    }
    var immediate: [OutboxRecord] = []
    let grace = now.addingTimeInterval(outboxGrace.timeInterval)
    for (message, at) in workspace.outgoing {
      let record = OutboxRecord(message)
      let isDelayed = at.map { $0 > now } ?? false
      try OutboxStore.insert(record, availableAt: isDelayed ? (at ?? grace) : grace, into: session)
      if !isDelayed { immediate.append(record) }
    }
    for effect in workspace.effects {
      try session.enqueue(
        """
        insert into effects (id, kind, order_key, payload, correlation, next_at) values ($1, $2, $3, $4, $5, $6)
        """,
        [
          .uuid(effect.id), .text(effect.kind), .text(effect.orderKey), .bytes(effect.payload),
          .text(effect.correlation), .timestamp(effect.at ?? now),
        ])
    }
    return immediate
  }

  private func write(_ slot: Workspace.Slot, table: String, key: String, to session: PostgresSession) throws {
    let keyColumn = slot.keyColumn
    guard let row = slot.row else {
      try session.enqueue("delete from \(table) where \(keyColumn) = $1", [.text(key)])
      return
    }
    let fields = try PostgresRowEncoder().encode(row)
    if slot.exists {
      let others = fields.filter { $0.column != keyColumn }
      guard !others.isEmpty else { return }  // A row that is all key has nothing to change.
      let assignments = others.enumerated().map { "\($1.column) = $\($0 + 2)" }.joined(separator: ", ")
      try session.enqueue(
        "update \(table) set \(assignments) where \(keyColumn) = $1", [.text(key)] + others.map(\.value))
    } else {
      let names = fields.map(\.column).joined(separator: ", ")
      let marks = fields.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
      try session.enqueue("insert into \(table) (\(names)) values (\(marks))", fields.map(\.value))
    }
  }
}

extension Envelope {
  /// Stands for a request from outside, so that what it publishes shares its correlation.
  static func origin(correlation: String, at now: Date) -> Envelope {
    Envelope(id: .v7(), type: "", version: 0, key: "", createdAt: now, correlation: correlation, body: [])
  }
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}
