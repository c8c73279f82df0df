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
  /// The needs of the unit that runs now: what `find` and `all` may see.
  private var needs: [Need] = []

  func begin(_ needs: [Need]) { self.needs = needs }

  func place(_ row: any Row, table: String, key: String) {
    tables[table, default: [:]][key] = Slot(row: row, exists: true, keyColumn: type(of: row).keyColumn)
  }

  func find<R: Row>(_ type: R.Type, _ key: String) throws -> R? {
    if let slot = tables[R.table]?[key] { return try cast(slot.row, type) }
    let declared = needs.contains { need in
      guard need.table == R.table else { return false }
      switch need.selector {
      case .key(let wanted): return wanted == key
      case .column, .all: return true
      }
    }
    guard declared else {
      throw InvariantViolation("row \(R.table)/\(key) was not declared in needs; declare it with Need.row")
    }
    return nil
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

  func save<R: Row>(_ row: R) throws {
    let key = row.rowKey
    let known = tables[R.table]?[key]
    tables[R.table, default: [:]][key] = Slot(
      row: row, exists: known?.exists ?? false, keyColumn: R.keyColumn, isDirty: true)
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
      return try PostgresRowEncoder().encode(row).first { $0.column == column }?.value.comparisonText == wanted
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
