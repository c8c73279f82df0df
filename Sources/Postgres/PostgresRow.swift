import Foundation

/// One row. Columns are read by name; a missing column, a null where a value is asked for, and a text that does not
/// read as the type are errors with code `.decoding` that name the column and never its content.
public struct PostgresRow: Sendable {
  let cells: PostgresCells
  let index: Int

  /// Names in the statement's order.
  public var columns: [String] { cells.columnNames }

  /// Whether the value is null. Throws when there is no such column.
  public func isNull(_ column: String) throws -> Bool { try isNull(named(column)) }

  func isNull(_ column: PostgresColumn) throws -> Bool { cells.isNull(index, try position(column)) }

  func isPresentAndNull(_ column: PostgresColumn) -> Bool {
    cells.index(of: column).map { cells.isNull(index, $0) } ?? false
  }

  /// A text. Throws, as those below, when it is null, of another kind, or there is no such column.
  public func string(_ column: String) throws -> String { try required(column, string) }
  /// A whole number of 64 bits.
  public func int(_ column: String) throws -> Int64 { try required(column, int) }
  /// A truth value.
  public func bool(_ column: String) throws -> Bool { try required(column, bool) }
  /// A number of double precision.
  public func double(_ column: String) throws -> Double { try required(column, double) }
  /// A UUID.
  public func uuid(_ column: String) throws -> UUID { try required(column, uuid) }
  /// A `timestamptz`, to the microsecond.
  public func date(_ column: String) throws -> Date { try required(column, date) }
  /// The bytes of a `bytea`.
  public func bytes(_ column: String) throws -> [UInt8] { try required(column, bytes) }
  /// A `text[]` without nulls.
  public func strings(_ column: String) throws -> [String] { try required(column, strings) }
  /// A `bigint[]` without nulls.
  public func ints(_ column: String) throws -> [Int64] { try required(column, ints) }
  /// A `uuid[]` without nulls.
  public func uuids(_ column: String) throws -> [UUID] { try required(column, uuids) }

  /// A text; nil for null, as below.
  public func stringIfPresent(_ column: String) throws -> String? { try string(named(column)) }
  /// A whole number of 64 bits, or nil.
  public func intIfPresent(_ column: String) throws -> Int64? { try int(named(column)) }
  /// A number of double precision, or nil.
  public func doubleIfPresent(_ column: String) throws -> Double? { try double(named(column)) }
  /// A UUID, or nil.
  public func uuidIfPresent(_ column: String) throws -> UUID? { try uuid(named(column)) }
  /// A truth value, or nil.
  public func boolIfPresent(_ column: String) throws -> Bool? { try bool(named(column)) }
  /// A `timestamptz`, or nil.
  public func dateIfPresent(_ column: String) throws -> Date? { try date(named(column)) }
  /// The bytes of a `bytea`, or nil.
  public func bytesIfPresent(_ column: String) throws -> [UInt8]? { try bytes(named(column)) }

  // MARK: - Reading

  func string(_ column: PostgresColumn) throws -> String? { try read(column, "text") { (text: String) in text } }
  func int(_ column: PostgresColumn) throws -> Int64? { try read(column, "an integer", PostgresText.integer) }
  func double(_ column: PostgresColumn) throws -> Double? { try read(column, "a number", PostgresText.double) }
  func uuid(_ column: PostgresColumn) throws -> UUID? { try read(column, "a uuid", PostgresText.uuid) }

  func bool(_ column: PostgresColumn) throws -> Bool? {
    try read(column, "a boolean") { (text: UnsafeRawBufferPointer) in
      guard text.count == 1 else { return nil }
      return text[0] == UInt8(ascii: "t") ? true : text[0] == UInt8(ascii: "f") ? false : nil
    }
  }

  func date(_ column: PostgresColumn) throws -> Date? {
    try read(column, "a timestamptz") { (text: UnsafeRawBufferPointer) in PostgresTimestamp.date(text) }
  }

  func bytes(_ column: PostgresColumn) throws -> [UInt8]? { try read(column, "bytea", PostgresText.bytes(hex:)) }

  func strings(_ column: PostgresColumn) throws -> [String]? {
    try read(column, "an array without nulls", PostgresArrayText.items)
  }

  func ints(_ column: PostgresColumn) throws -> [Int64]? {
    try read(column, "an array of integers") { (text: String) in convert(PostgresArrayText.items(text)) { Int64($0) } }
  }

  func uuids(_ column: PostgresColumn) throws -> [UUID]? {
    try read(column, "an array of uuids") { (text: String) in
      convert(PostgresArrayText.items(text)) { UUID(uuidString: $0) }
    }
  }

  /// What a null in a place that needs a value is.
  func required<T>(_ column: PostgresColumn, _ read: (PostgresColumn) throws -> T?) throws -> T {
    guard let value = try read(column) else {
      throw PostgresError(.decoding, "Column \"\(column.name)\" is null where a value is needed.")
    }
    return value
  }

  private func required<T>(_ column: String, _ read: (PostgresColumn) throws -> T?) throws -> T {
    try required(named(column), read)
  }

  private func named(_ column: String) -> PostgresColumn { PostgresColumn(text: column, isProperty: false) }

  private func position(_ column: PostgresColumn) throws -> Int32 {
    guard let position = cells.index(of: column) else {
      throw PostgresError(
        .decoding, "There is no column \"\(column.name)\"; the row has \(columns.joined(separator: ", ")).")
    }
    return position
  }

  private func read<T>(_ column: PostgresColumn, _ kind: String, _ parse: (String) -> T?) throws -> T? {
    try read(column, kind) { (bytes: UnsafeRawBufferPointer) in parse(String(decoding: bytes, as: UTF8.self)) }
  }

  private func read<T>(_ column: PostgresColumn, _ kind: String, _ parse: (UnsafeRawBufferPointer) -> T?) throws -> T? {
    let position = try position(column)
    if cells.isNull(index, position) { return nil }
    guard let value = cells.withBytes(index, position, parse) else {
      throw PostgresError(.decoding, "Column \"\(column.name)\" does not read as \(kind).")
    }
    return value
  }

  /// The bytes of a value that is not null, to be read in place; `body` must not let them out.
  func withText<T>(_ column: PostgresColumn, _ body: (UnsafeRawBufferPointer) throws -> T) throws -> T {
    let position = try position(column)
    if cells.isNull(index, position) { return try required(column) { _ in nil } }
    return try cells.withBytes(index, position, body)
  }

  private func convert<T>(_ items: [String]?, _ parse: (String) -> T?) -> [T]? {
    guard let items else { return nil }
    let values = items.compactMap(parse)
    return values.count == items.count ? values : nil
  }
}
