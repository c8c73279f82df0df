import Postgres
import Synchronization

/// Writes what units of work changed: for each table one statement for all rows of one kind of change.
///
/// Rows that are deleted go first and those that are new come last, so that a value which must be unique can pass from
/// one row to another. Within a statement rows stand in key order, or in the order of saving where a table numbers
/// them.
struct RowWriter: Sendable {
  /// One statement takes at most so many rows.
  private static let rowsMax = 1_000
  private let types = ColumnTypes()

  func enqueue(_ tables: [String: [String: Workspace.Slot]], in session: PostgresSession) throws {
    for (table, slots) in tables.sorted(by: { $0.key < $1.key }) {
      let dirty = slots.filter { $0.value.isDirty }.sorted { $0.key < $1.key }
      guard let keyColumn = dirty.first?.value.keyColumn else { continue }
      var changes = Changes()
      let isNumbered = dirty.contains { $0.value.row.map { type(of: $0).isNumbered } ?? false }
      let ordered = isNumbered ? dirty.sorted { $0.value.place < $1.value.place } : dirty
      for (key, slot) in ordered { try changes.add(key, slot) }
      if !changes.deleted.isEmpty {
        try session.enqueue("delete from \(table) where \(keyColumn) = any($1)", [.textArray(changes.deleted)])
      }
      for rows in changes.updated { try update(table, keyColumn, rows, session) }
      for rows in changes.inserted { try insert(table, rows, session) }
    }
  }

  /// A column's type may change under a running process; the statement that no longer fits it is then made anew.
  func noteFailure(_ error: PostgresError) {
    if error.sqlState == "42804" { types.forget() }
  }

  private func update(_ table: String, _ keyColumn: String, _ rows: RowSet, _ session: PostgresSession) throws {
    guard !rows.columns.isEmpty else { return }  // Rows that are all key have nothing to change.
    if let types = try types(of: table, for: [keyColumn] + rows.columns, count: rows.count, session) {
      let assignments = rows.columns.enumerated().map { "\($1) = new.c\($0 + 1)" }.joined(separator: ", ")
      let names = (0...rows.columns.count).map { "c\($0)" }.joined(separator: ", ")
      for chunk in rows.chunks(of: Self.rowsMax) {
        try session.enqueue(
          """
          update \(table) set \(assignments) from unnest(\(Self.arrays(types))) as new (\(names))
          where \(table).\(keyColumn) = new.c0 and \(table).\(keyColumn) = any($1)
          """, [.textArray(Array(rows.keys[chunk]))] + rows.values.map { .array(Array($0[chunk])) })
      }
    } else {
      let assignments = rows.columns.enumerated().map { "\($1) = $\($0 + 2)" }.joined(separator: ", ")
      for index in rows.keys.indices {
        try session.enqueue(
          "update \(table) set \(assignments) where \(keyColumn) = $1",
          [.text(rows.keys[index])] + rows.values.map { $0[index] })
      }
    }
  }

  private func insert(_ table: String, _ rows: RowSet, _ session: PostgresSession) throws {
    let names = rows.columns.joined(separator: ", ")
    if let types = try types(of: table, for: rows.columns, count: rows.count, session) {
      for chunk in rows.chunks(of: Self.rowsMax) {
        try session.enqueue(
          "insert into \(table) (\(names)) select * from unnest(\(Self.arrays(types)))",
          rows.values.map { .array(Array($0[chunk])) })
      }
    } else {
      let marks = rows.columns.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
      for index in rows.keys.indices {
        try session.enqueue("insert into \(table) (\(names)) values (\(marks))", rows.values.map { $0[index] })
      }
    }
  }

  /// nil: one by one, because there is only one, or a column is an array, which unnest would take apart.
  private func types(
    of table: String, for columns: [String], count: Int, _ session: PostgresSession
  ) throws -> [String]? {
    guard count > 1 else { return nil }
    let known = try types.of(table, in: session)
    let types = columns.compactMap { known[$0] }
    return types.count == columns.count ? types : nil
  }

  private static func arrays(_ types: [String]) -> String {
    types.enumerated().map { "$\($0 + 1)::\($1)[]" }.joined(separator: ", ")
  }
}

/// The changes of one table, those of one kind and with the same columns together.
private struct Changes {
  var deleted: [String] = []
  var updated: [RowSet] = []
  var inserted: [RowSet] = []

  mutating func add(_ key: String, _ slot: Workspace.Slot) throws {
    guard let row = slot.row else { return deleted.append(key) }
    let fields = try PostgresRowEncoder().encode(row)
    if slot.exists {
      Self.add(key, fields.filter { $0.column != slot.keyColumn }, to: &updated)
    } else {
      Self.add(key, fields, to: &inserted)
    }
  }

  /// A type's rows nearly always have the same columns: the last set fits, or a new one begins.
  private static func add(_ key: String, _ fields: [(column: String, value: PostgresValue)], to sets: inout [RowSet]) {
    if sets.last?.fits(fields) != true { sets.append(RowSet(fields.map(\.column))) }
    sets[sets.count - 1].append(key, fields)
  }
}

/// Rows column by column.
private struct RowSet {
  let columns: [String]
  var keys: [String] = []
  var values: [[PostgresValue]]

  init(_ columns: [String]) {
    self.columns = columns
    values = columns.map { _ in [] }
  }

  var count: Int { keys.count }

  func fits(_ fields: [(column: String, value: PostgresValue)]) -> Bool {
    fields.count == columns.count && zip(fields, columns).allSatisfy { $0.column == $1 }
  }

  mutating func append(_ key: String, _ fields: [(column: String, value: PostgresValue)]) {
    keys.append(key)
    for (index, field) in fields.enumerated() { values[index].append(field.value) }
  }

  func chunks(of size: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }
}

/// The types of tables' columns as the catalogue has them, asked for once. Arrays have none here.
private final class ColumnTypes: Sendable {
  private let known = Mutex<[String: [String: String]]>([:])

  func of(_ table: String, in session: PostgresSession) throws -> [String: String] {
    if let types = known.withLock({ $0[table] }) { return types }
    // Without its modifier a type neither cuts nor rounds in a cast: the column itself then accepts or refuses.
    let rows = try session.execute(
      """
      select attname, format_type(atttypid, -1) as type
      from pg_attribute join pg_type on pg_type.oid = atttypid
      where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and typcategory <> 'A'
      """, [.text(table)]
    ).rows
    var types: [String: String] = [:]
    for row in rows { types[try row.string("attname")] = try row.string("type") }
    if !types.isEmpty { known.withLock { $0[table] = types } }
    return types
  }

  func forget() { known.withLock { $0 = [:] } }
}
