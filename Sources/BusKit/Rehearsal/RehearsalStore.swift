import Foundation
import Postgres

/// One service's database as a value. A unit of work reads it, and says what it would change; that is then applied as a
/// whole, or not at all.
///
/// Rows are kept as the columns they would be written to and come back through Postgres' own text form, so that a row
/// that would not survive the database does not survive this either. Of a table's rules it knows only the primary key.
struct RehearsalStore: Sendable {
  typealias Columns = [String: PostgresValue]

  enum RowChange: Sendable {
    case insert(Columns)
    case update(Columns)
    case delete
  }

  /// A message that waits to be sent.
  struct OutboxRow: Sendable {
    let record: OutboxRecord
    let availableAt: Date
  }

  /// A message that waits longer for its next try than a lease can.
  struct Parked: Sendable {
    let envelope: Envelope
    let options: SubscriptionOptions
    var attempts: Int
    var throttles = 0
    var dueAt: Date
    var reason: String
  }

  /// What one transaction would change.
  struct Changes: Sendable {
    var inbox: [UUID: [UInt8]] = [:]
    var rows: [(table: String, key: String, change: RowChange)] = []
    var outbox: [OutboxRow] = []
    var effects: [RehearsalEffect] = []
    var withdrawals: Set<EffectWithdrawal> = []
  }

  /// The lasting topics that may be written to.
  let publishedTopics: Set<String>
  private(set) var tables: [String: [String: Columns]] = [:]
  /// Handled messages and their bodies.
  private var inbox: [UUID: [UInt8]] = [:]
  var outbox: [OutboxRow] = []
  var parked: [Parked] = []
  var effects: [RehearsalEffect] = []
  var schedules: [String: ScheduleRow] = [:]
  /// Grows with every commit: whoever has read an older version decides anew.
  private(set) var version = 0
  private var effectCount = 0

  init(publishedTopics: Set<String>) { self.publishedTopics = publishedTopics }

  // MARK: - Units of work

  /// All of it, or nothing.
  func run(_ units: [PreparedUnit], now: Date) throws -> (result: UnitRunner.BatchResult, changes: Changes) {
    var changes = Changes()
    var fresh: [PreparedUnit] = []
    for unit in units {
      guard let cause = unit.cause else { continue }
      if let known = inbox[cause.id] ?? changes.inbox[cause.id] {
        guard known == cause.body else { throw InboxStore.IdentityConflict(id: cause.id) }
      } else {
        changes.inbox[cause.id] = cause.body
        fresh.append(unit)
      }
    }
    let workspace = Workspace()
    try load(fresh.flatMap(\.needs), into: workspace)
    for unit in fresh {
      workspace.begin(unit.needs)
      try unit.apply(UnitOfWork(now: now, cause: unit.cause, workspace: workspace))
    }
    try collect(workspace, now, into: &changes)
    return (UnitRunner.BatchResult(handled: fresh.count, duplicates: units.count - fresh.count), changes)
  }

  /// One unit that no message started.
  func run<T>(
    needs: [Need], correlation: String, now: Date, _ body: (UnitOfWork) throws -> T
  ) throws -> (value: T, changes: Changes) {
    var changes = Changes()
    let workspace = Workspace()
    try load(needs, into: workspace)
    workspace.begin(needs)
    let cause = correlation.isEmpty ? nil : Envelope.origin(correlation: correlation, at: now)
    let value = try body(UnitOfWork(now: now, cause: cause, workspace: workspace))
    try collect(workspace, now, into: &changes)
    return (value, changes)
  }

  private func load(_ needs: [Need], into workspace: Workspace) throws {
    for (table, needs) in Dictionary(grouping: needs, by: \.table).sorted(by: { $0.key < $1.key }) {
      guard let first = needs.first else { continue }
      let wanted = Wanted(needs)
      for (key, columns) in tables[table] ?? [:] where wanted.holds(key, columns) {
        let row = try first.decode(LoadedRow(row: Self.row(columns)))
        try workspace.place(row, table: table, key: row.rowKey)
      }
    }
  }

  private func collect(_ workspace: Workspace, _ now: Date, into changes: inout Changes) throws {
    for (table, slots) in workspace.tables.sorted(by: { $0.key < $1.key }) {
      for (key, slot) in slots.sorted(by: { $0.key < $1.key }) where slot.isDirty {
        changes.rows.append((table, key, try Self.change(slot)))
      }
    }
    for (message, at) in workspace.outgoing {
      let record = OutboxRecord(message)
      try record.check(isFor: publishedTopics)
      changes.outbox.append(OutboxRow(record: record, availableAt: max(now, at ?? now)))
    }
    changes.withdrawals = workspace.withdrawals
    for effect in workspace.effects { changes.effects.append(RehearsalEffect(effect, now: now)) }
  }

  private static func change(_ slot: Workspace.Slot) throws -> RowChange {
    guard let row = slot.row else { return .delete }
    let columns = try columns(of: row)
    return slot.exists ? .update(columns) : .insert(columns)
  }

  /// When anything here comes due.
  var times: [Date] {
    var times = outbox.map(\.availableAt)
    times += parked.map(\.dueAt)
    times += schedules.values.map(\.dueAt)
    times += effects.filter { !$0.isDead && !$0.isRunning }.map(\.nextAt)
    return times
  }

  // MARK: - Commits

  /// - Throws: `PostgresError`, a unique violation, for a row that is there already; then nothing has changed.
  mutating func apply(_ changes: Changes) throws {
    for (table, key, change) in changes.rows {
      if case .insert = change, tables[table]?[key] != nil {
        throw PostgresError(
          .server(sqlState: "23505"), "row \(table)/\(key) is there already; declare it in needs to change it",
          table: table)
      }
    }
    version += 1
    inbox.merge(changes.inbox) { known, _ in known }
    for (table, key, change) in changes.rows {
      switch change {
      case .insert(let columns): tables[table, default: [:]][key] = columns
      // A row type may name only some of its table's columns.
      case .update(let columns): tables[table]?[key]?.merge(columns) { $1 }
      case .delete: tables[table]?[key] = nil
      }
    }
    outbox += changes.outbox
    for var effect in changes.effects {
      effectCount += 1
      effect.seq = effectCount
      effects.append(effect)
    }
  }

  /// After the run that the changes end has ended: withdrawn effects that do not run go, except those that the same
  /// changes have recorded.
  mutating func withdraw(_ changes: Changes) {
    guard !changes.withdrawals.isEmpty else { return }
    let recorded = Set(changes.effects.map(\.id))
    effects.removeAll { effect in
      !effect.isRunning && !effect.isDead && !recorded.contains(effect.id)
        && changes.withdrawals.contains(EffectWithdrawal(kind: effect.kind, orderKey: effect.orderKey))
    }
  }

  mutating func insert<R: Row>(_ row: R) throws {
    try apply(Changes(rows: [(R.table, row.rowKey, .insert(try Self.columns(of: row)))]))
  }

  func rows<R: Row>(of type: R.Type) throws -> [R] {
    try (tables[R.table] ?? [:]).sorted { $0.key < $1.key }
      .map { try LoadedRow(row: Self.row($0.value)).decode(R.self) }
  }

  /// Behind every other effect, for one that asked to run again.
  mutating func nextPlace() -> Int {
    effectCount += 1
    return effectCount
  }

  private static func columns(of row: some Row) throws -> Columns {
    let fields = try PostgresRowEncoder().encode(row)
    // Finds what Postgres would refuse now, not when it is read.
    _ = try PostgresRow(values: fields)
    return Dictionary(fields.map { ($0.column, $0.value) }) { $1 }
  }

  private static func row(_ columns: Columns) throws -> PostgresRow {
    try PostgresRow(values: columns.map { ($0.key, $0.value) })
  }

  /// The rows of one table that needs select.
  private struct Wanted {
    private var isAll = false
    private var keys: Set<String> = []
    private var columns: [String: Set<String>] = [:]

    init(_ needs: [Need]) {
      for need in needs {
        switch need.selector {
        case .all: isAll = true
        case .key(let key): keys.insert(Self.comparable(key))
        case .column(let column, let value): columns[column, default: []].insert(Self.comparable(value))
        }
      }
    }

    func holds(_ key: String, _ row: Columns) -> Bool {
      isAll || keys.contains(Self.comparable(key))
        || columns.contains { column, values in
          row[column]?.comparisonText.map { values.contains(Self.comparable($0)) } ?? false
        }
    }

    /// UUIDs may be written in either case.
    private static func comparable(_ text: String) -> String {
      text.utf8.count == 36 ? UUID(uuidString: text)?.text ?? text : text
    }
  }
}
