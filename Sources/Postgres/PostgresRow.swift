import Foundation

/// One row. Columns are read by name; a missing column, a null where a value is asked for, and a text that does not
/// read as the type are errors with code `.decoding` that name the column and never its content.
public struct PostgresRow: Sendable {
  let cells: PostgresCells
  let index: Int

  /// Names in the statement's order.
  public var columns: [String] { cells.columnNames }

  /// Whether the value is null. Throws when there is no such column.
  public func isNull(_ column: String) throws -> Bool { cells.isNull(index, try position(column)) }

  func isPresentAndNull(_ column: String) -> Bool {
    cells.index(of: column).map { cells.isNull(index, $0) } ?? false
  }

  /// A text. Throws, as those below, when it is null, of another kind, or there is no such column.
  public func string(_ column: String) throws -> String { try required(column, stringIfPresent) }
  /// A whole number of 64 bits.
  public func int(_ column: String) throws -> Int64 { try required(column, intIfPresent) }
  /// A truth value.
  public func bool(_ column: String) throws -> Bool { try required(column, boolIfPresent) }
  /// A number of double precision.
  public func double(_ column: String) throws -> Double { try required(column, doubleIfPresent) }
  /// A UUID.
  public func uuid(_ column: String) throws -> UUID { try required(column, uuidIfPresent) }
  /// A `timestamptz`, to the microsecond.
  public func date(_ column: String) throws -> Date { try required(column, dateIfPresent) }
  /// The bytes of a `bytea`.
  public func bytes(_ column: String) throws -> [UInt8] { try required(column, bytesIfPresent) }
  /// A `text[]` without nulls.
  public func strings(_ column: String) throws -> [String] { try required(column, stringsIfPresent) }
  /// A `bigint[]` without nulls.
  public func ints(_ column: String) throws -> [Int64] { try required(column, intsIfPresent) }
  /// A `uuid[]` without nulls.
  public func uuids(_ column: String) throws -> [UUID] { try required(column, uuidsIfPresent) }

  /// A text; nil for null, as below.
  public func stringIfPresent(_ column: String) throws -> String? {
    try read(column, "text") { (text: String) in text }
  }
  /// A whole number of 64 bits, or nil.
  public func intIfPresent(_ column: String) throws -> Int64? { try read(column, "an integer", PostgresText.integer) }
  /// A number of double precision, or nil.
  public func doubleIfPresent(_ column: String) throws -> Double? { try read(column, "a number", PostgresText.double) }
  /// A UUID, or nil.
  public func uuidIfPresent(_ column: String) throws -> UUID? { try read(column, "a uuid", PostgresText.uuid) }

  /// A truth value, or nil.
  public func boolIfPresent(_ column: String) throws -> Bool? {
    try read(column, "a boolean") { $0 == "t" ? true : $0 == "f" ? false : nil }
  }

  /// A `timestamptz`, or nil.
  public func dateIfPresent(_ column: String) throws -> Date? {
    try read(column, "a timestamptz") { (text: UnsafeRawBufferPointer) in PostgresTimestamp.date(text) }
  }

  /// The bytes of a `bytea`, or nil.
  public func bytesIfPresent(_ column: String) throws -> [UInt8]? {
    try read(column, "bytea", PostgresText.bytes(hex:))
  }

  /// A `text[]`, or nil.
  public func stringsIfPresent(_ column: String) throws -> [String]? {
    try read(column, "an array without nulls", PostgresArrayText.items)
  }

  /// A `bigint[]`, or nil.
  public func intsIfPresent(_ column: String) throws -> [Int64]? {
    try read(column, "an array of integers") { (text: String) in convert(PostgresArrayText.items(text)) { Int64($0) } }
  }

  /// A `uuid[]`, or nil.
  public func uuidsIfPresent(_ column: String) throws -> [UUID]? {
    try read(column, "an array of uuids") { (text: String) in
      convert(PostgresArrayText.items(text)) { UUID(uuidString: $0) }
    }
  }

  // MARK: -

  private func position(_ column: String) throws -> Int32 {
    guard let position = cells.index(of: column) else {
      throw PostgresError(
        .decoding, "There is no column \"\(column)\"; the row has \(columns.joined(separator: ", ")).")
    }
    return position
  }

  private func required<T>(_ column: String, _ read: (String) throws -> T?) throws -> T {
    guard let value = try read(column) else {
      throw PostgresError(.decoding, "Column \"\(column)\" is null where a value is needed.")
    }
    return value
  }

  private func read<T>(_ column: String, _ kind: String, _ parse: (String) -> T?) throws -> T? {
    try read(column, kind) { (bytes: UnsafeRawBufferPointer) in parse(String(decoding: bytes, as: UTF8.self)) }
  }

  private func read<T>(_ column: String, _ kind: String, _ parse: (UnsafeRawBufferPointer) -> T?) throws -> T? {
    let position = try position(column)
    if cells.isNull(index, position) { return nil }
    guard let value = cells.withBytes(index, position, parse) else { throw unreadable(column, kind) }
    return value
  }

  private func unreadable(_ column: String, _ kind: String) -> PostgresError {
    PostgresError(.decoding, "Column \"\(column)\" does not read as \(kind).")
  }

  private func convert<T>(_ items: [String]?, _ parse: (String) -> T?) -> [T]? {
    guard let items else { return nil }
    let values = items.compactMap(parse)
    return values.count == items.count ? values : nil
  }
}
