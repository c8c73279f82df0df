import Foundation
import Postgres

/// The rows of one transaction as values, and what is to be written with them.
final class Workspace {
  struct Slot {
    var row: (any Row)?
    /// Whether the database has it: decides between insert and update.
    var exists: Bool
    let keyColumn: String
    /// As it was read, and is in the database; nil for a row that is new.
    var loaded: (any Row)?
    var isDirty = false
    /// When it was first saved, counted in this transaction.
    var place = 0
  }

  /// The transaction in which all of it happens; nil where there is no Postgres.
  var session: PostgresSession?
  private(set) var tables: [String: [String: Slot]] = [:]
  private(set) var outgoing: [(message: Outgoing, at: Date?)] = []
  private(set) var effects: [PendingEffect] = []
  /// To be deleted before `effects` are recorded.
  private(set) var withdrawals: Set<EffectWithdrawal> = []
  /// What the unit that runs now may see, by table, whatever others of its batch have loaded.
  private var scopes: [String: Scope] = [:]
  /// What the unit that runs now has saved itself, by table.
  private var saved: [String: Set<String>] = [:]
  /// How many rows were saved.
  private var places = 0
  /// Rows by the text of a column, by table: made when first asked for, kept up with every change.
  private var indexes: [String: [String: ColumnIndex]] = [:]

  func begin(_ needs: [Need]) {
    scopes = [:]
    for need in needs { scopes[need.table, default: Scope()].add(need) }
    saved = [:]
  }

  func place(_ row: any Row, table: String, key: String) throws {
    try set(Slot(row: row, exists: true, keyColumn: type(of: row).keyColumn, loaded: row), table, key)
  }

  func find<R: Row>(_ type: R.Type, _ key: String) throws -> R? {
    let row = try cast(tables[R.table]?[key]?.row, type)
    if saved[R.table]?.contains(key) == true { return row }
    guard let scope = scopes[R.table], scope.mayHold(key) || scope.isReadOnly(key) else {
      throw InvariantViolation("row \(R.table)/\(key) was not declared in needs; declare it with Need.row")
    }
    return try row != nil && (scope.isReadOnly(key) || isVisible(key, scope, R.table)) ? row : nil
  }

  /// In key order. Of a batch, each unit sees only the rows that its own needs select.
  func all<R: Row>(_ type: R.Type) throws -> [R] {
    let scope = try scope(type)
    guard !scope.isAll else { return try rows(type, (tables[R.table] ?? [:]).keys.sorted(), scope) }
    var keys = scope.keys
    for (column, wanted) in scope.columns {
      let index = try index(R.table, column)
      for value in wanted { keys.formUnion(index.keys(of: value)) }
    }
    return try rows(type, keys.sorted(), scope)
  }

  /// Those of `all` whose column has this value, without looking at the others.
  func all<R: Row>(_ type: R.Type, where column: String, is value: String) throws -> [R] {
    let scope = try scope(type)
    return try rows(type, index(R.table, column).keys(of: value).sorted(), scope)
  }

  /// A row that the unit did not declare can only be inserted. That another of its batch has loaded or inserted the
  /// same changes nothing: alone it would meet the primary key, so here it must not overwrite. A row that is as it was
  /// read is not written.
  func save<R: Row>(_ row: R) throws {
    let key = row.rowKey
    let known = tables[R.table]?[key]
    try refuseReadOnly(R.table, key)
    if known?.row != nil, saved[R.table]?.contains(key) != true {
      guard let scope = scopes[R.table], try isVisible(key, scope, R.table) else {
        throw InvariantViolation("row \(R.table)/\(key) exists and was not declared in needs; declare it with Need.row")
      }
    }
    saved[R.table, default: []].insert(key)
    places += 1
    let place = known?.isDirty == true ? known?.place ?? places : places
    try set(
      Slot(
        row: row, exists: known?.exists ?? false, keyColumn: R.keyColumn, loaded: known?.loaded,
        isDirty: known?.loaded as? R != row, place: place), R.table, key)
  }

  func delete<R: Row>(_ type: R.Type, _ key: String) throws {
    try refuseReadOnly(R.table, key)
    guard try find(type, key) != nil, let slot = tables[R.table]?[key] else { return }
    try set(
      slot.exists ? Slot(row: nil, exists: true, keyColumn: R.keyColumn, loaded: slot.loaded, isDirty: true) : nil,
      R.table, key)
  }

  private func refuseReadOnly(_ table: String, _ key: String) throws {
    guard scopes[table]?.isReadOnly(key) == true else { return }
    throw InvariantViolation("row \(table)/\(key) was read without a lock; declare it with Need.row to change it")
  }

  // MARK: - Seeing

  private func scope<R: Row>(_ type: R.Type) throws -> Scope {
    guard let scope = scopes[R.table] else {
      throw InvariantViolation("rows of \(R.table) were not declared in needs; declare them with Need.rows or Need.all")
    }
    return scope
  }

  private func rows<R: Row>(_ type: R.Type, _ keys: [String], _ scope: Scope) throws -> [R] {
    try keys.compactMap { key in
      guard let row = try cast(tables[R.table]?[key]?.row, type) else { return nil }
      return try isVisible(key, scope, R.table) ? row : nil
    }
  }

  private func isVisible(_ key: String, _ scope: Scope, _ table: String) throws -> Bool {
    if scope.isAll || scope.keys.contains(key) { return true }
    return try scope.columns.contains { column, wanted in
      try index(table, column).value(of: key).map { wanted.contains($0) } ?? false
    }
  }

  private func index(_ table: String, _ column: String) throws -> ColumnIndex {
    if let known = indexes[table]?[column] { return known }
    let index = ColumnIndex()
    for (key, slot) in tables[table] ?? [:] { index.set(key, try Self.text(slot.row, column)) }
    indexes[table, default: [:]][column] = index
    return index
  }

  private func set(_ slot: Slot?, _ table: String, _ key: String) throws {
    tables[table, default: [:]][key] = slot
    for (column, index) in indexes[table] ?? [:] { index.set(key, try Self.text(slot?.row, column)) }
  }

  private static func text(_ row: (any Row)?, _ column: String) throws -> String? {
    guard let row else { return nil }
    return try PostgresRowEncoder().encode(row, column: column)?.comparisonText.map(comparable)
  }

  func publish(_ message: Outgoing, at: Date?) throws {
    guard message.envelope.body.count <= Envelope.bodyBytesMax else {
      throw InvariantViolation(
        "\(message.envelope.type) has a body of \(message.envelope.body.count) bytes; "
          + "the most is \(Envelope.bodyBytesMax)")
    }
    outgoing.append((message, at))
  }

  func start<E: Effect>(_ effect: E, at: Date?, cause: Envelope?) throws {
    effects.append(
      PendingEffect(
        id: .v7(), kind: E.kind, orderKey: effect.orderKey, payload: try MessageCoder.encode(effect), at: at,
        correlation: cause?.correlation ?? "", traceparent: cause?.traceparent ?? ""))
  }

  func withdraw(_ withdrawal: EffectWithdrawal) {
    effects.removeAll { $0.kind == withdrawal.kind && $0.orderKey == withdrawal.orderKey }
    withdrawals.insert(withdrawal)
  }

  private func cast<R: Row>(_ row: (any Row)?, _ type: R.Type) throws -> R? {
    guard let row else { return nil }
    guard let typed = row as? R else {
      throw InvariantViolation("table \(R.table) holds \(Swift.type(of: row)), asked for \(type)")
    }
    return typed
  }

  /// The needs of one unit on one table, ready to be asked.
  private struct Scope {
    var isAll = false
    var keys: Set<String> = []
    var columns: [String: Set<String>] = [:]
    private var unlocked: Set<String> = []

    mutating func add(_ need: Need) {
      switch need.selector {
      case .key(let key) where !need.isLocking: unlocked.insert(key)
      case .all: isAll = true
      case .key(let key): keys.insert(key)
      case .column(let column, let value): columns[column, default: []].insert(Workspace.comparable(value))
      }
    }

    /// Whether the row was declared with `Need.reading` alone.
    func isReadOnly(_ key: String) -> Bool { unlocked.contains(key) && !keys.contains(key) && !isAll }

    /// Whether a row of this key may be among what was declared.
    func mayHold(_ key: String) -> Bool { isAll || !columns.isEmpty || keys.contains(key) }
  }

  /// Keys by the text of one column, and back.
  private final class ColumnIndex {
    private var values: [String: String] = [:]
    private var keysByValue: [String: Set<String>] = [:]

    func value(of key: String) -> String? { values[key] }
    func keys(of value: String) -> Set<String> { keysByValue[Workspace.comparable(value)] ?? [] }

    func set(_ key: String, _ value: String?) {
      if let old = values[key] { keysByValue[old]?.remove(key) }
      values[key] = value
      if let value { keysByValue[value, default: []].insert(key) }
    }
  }

  /// UUIDs may be written in either case; in the rows they are in lower case.
  private static func comparable(_ value: String) -> String {
    guard value.utf8.count == 36, value.utf8.contains(where: { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) })
    else { return value }
    return UUID(uuidString: value)?.text ?? value
  }
}

struct PendingEffect {
  let id: UUID
  let kind: String
  let orderKey: String
  let payload: [UInt8]
  let at: Date?
  let correlation: String
  let traceparent: String
}

extension PostgresValue {
  /// The text by which a column named in `Need.rows(where:)` is compared; nil for types that cannot be selected by.
  var comparisonText: String? {
    switch self {
    case .text(let value), .json(let value): value
    case .int(let value): String(value)
    case .bool(let value): value ? "true" : "false"
    case .uuid(let value): value.text
    case .null, .double, .bytes, .timestamp, .textArray, .uuidArray, .intArray, .bytesArray, .array: nil
    }
  }
}
