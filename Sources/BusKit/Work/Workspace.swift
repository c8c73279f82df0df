import Foundation
import Postgres

/// The rows of one transaction as values, and what is to be written with them.
final class Workspace {
  struct Slot {
    var row: (any Row)?
    /// Whether the database has it: decides between insert and update.
    var exists: Bool
    let keyColumn: String
    var isDirty = false
  }

  private(set) var tables: [String: [String: Slot]] = [:]
  private(set) var outgoing: [(message: Outgoing, at: Date?)] = []
  private(set) var effects: [PendingEffect] = []
  /// The needs of the unit that runs now: what `find` and `all` may see, whatever others of its batch have loaded.
  private var needs: [Need] = []
  /// What the unit that runs now has saved itself, by table.
  private var saved: [String: Set<String>] = [:]

  func begin(_ needs: [Need]) {
    self.needs = needs
    saved = [:]
  }

  func place(_ row: any Row, table: String, key: String) {
    tables[table, default: [:]][key] = Slot(row: row, exists: true, keyColumn: type(of: row).keyColumn)
  }

  func find<R: Row>(_ type: R.Type, _ key: String) throws -> R? {
    let row = try cast(tables[R.table]?[key]?.row, type)
    if saved[R.table]?.contains(key) == true { return row }
    let selectors = needs.filter { $0.table == R.table }.map(\.selector)
    let isDeclared = selectors.contains { if case .key(let wanted) = $0 { wanted == key } else { true } }
    guard isDeclared else {
      throw InvariantViolation("row \(R.table)/\(key) was not declared in needs; declare it with Need.row")
    }
    guard let row else { return nil }
    return try selectors.contains { try select($0, row, key) } ? row : nil
  }

  /// In key order. Of a batch, each unit sees only the rows that its own needs select.
  func all<R: Row>(_ type: R.Type) throws -> [R] {
    let selectors = needs.filter { $0.table == R.table }.map(\.selector)
    guard !selectors.isEmpty else {
      throw InvariantViolation("rows of \(R.table) were not declared in needs; declare them with Need.rows or Need.all")
    }
    return try (tables[R.table] ?? [:]).sorted { $0.key < $1.key }.compactMap { key, slot in
      guard let row = try cast(slot.row, type) else { return nil }
      return try selectors.contains { try select($0, row, key) } ? row : nil
    }
  }

  /// A row that the unit did not declare can only be inserted. That another of its batch has loaded or inserted the
  /// same changes nothing: alone it would meet the primary key, so here it must not overwrite.
  func save<R: Row>(_ row: R) throws {
    let key = row.rowKey
    let known = tables[R.table]?[key]
    if known?.row != nil, saved[R.table]?.contains(key) != true, try !isVisible(known, R.table, key) {
      throw InvariantViolation("row \(R.table)/\(key) exists and was not declared in needs; declare it with Need.row")
    }
    saved[R.table, default: []].insert(key)
    tables[R.table, default: [:]][key] = Slot(
      row: row, exists: known?.exists ?? false, keyColumn: R.keyColumn, isDirty: true)
  }

  private func isVisible(_ slot: Slot?, _ table: String, _ key: String) throws -> Bool {
    guard let row = slot?.row else { return false }
    return try needs.contains { try $0.table == table && select($0.selector, row, key) }
  }

  func delete<R: Row>(_ type: R.Type, _ key: String) throws {
    guard try find(type, key) != nil, let slot = tables[R.table]?[key] else { return }
    tables[R.table]?[key] = slot.exists ? Slot(row: nil, exists: true, keyColumn: R.keyColumn, isDirty: true) : nil
  }

  func publish(_ message: Outgoing, at: Date?) throws {
    guard message.envelope.body.count <= Envelope.bodyBytesMax else {
      throw InvariantViolation(
        "\(message.envelope.type) has a body of \(message.envelope.body.count) bytes; the most is \(Envelope.bodyBytesMax)")
    }
    outgoing.append((message, at))
  }

  func start<E: Effect>(_ effect: E, at: Date?, correlation: String) throws {
    effects.append(
      PendingEffect(
        id: .v7(), kind: E.kind, orderKey: effect.orderKey, payload: try MessageCoder.encode(effect), at: at,
        correlation: correlation))
  }

  private func cast<R: Row>(_ row: (any Row)?, _ type: R.Type) throws -> R? {
    guard let row else { return nil }
    guard let typed = row as? R else {
      throw InvariantViolation("table \(R.table) holds \(Swift.type(of: row)), asked for \(type)")
    }
    return typed
  }

  private func select(_ selector: Need.Selector, _ row: some Row, _ key: String) throws -> Bool {
    switch selector {
    case .all: return true
    case .key(let wanted): return wanted == key
    case .column(let column, let wanted):
      let value = try PostgresRowEncoder().encode(row).first { $0.column == column }?.value
      if case .uuid(let id) = value { return id == UUID(uuidString: wanted) }
      return value?.comparisonText == wanted
    }
  }
}

struct PendingEffect {
  let id: UUID
  let kind: String
  let orderKey: String
  let payload: [UInt8]
  let at: Date?
  let correlation: String
}

extension PostgresValue {
  /// The text by which a column named in `Need.rows(where:)` is compared; nil for types that cannot be selected by.
  var comparisonText: String? {
    switch self {
    case .text(let value), .json(let value): value
    case .int(let value): String(value)
    case .bool(let value): value ? "true" : "false"
    case .uuid(let value): value.text
    case .null, .double, .bytes, .timestamp, .textArray, .uuidArray, .intArray: nil
    }
  }
}
