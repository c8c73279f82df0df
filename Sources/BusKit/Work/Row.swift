/// A row of a service's own table as a plain value. Property names become snake_case columns; nested values become
/// jsonb.
public protocol Row: Codable, Sendable, Equatable {
  static var table: String { get }
  /// The primary key's column; a row has exactly one.
  static var keyColumn: String { get }
  /// The primary key's value as text.
  var rowKey: String { get }
  /// Whether rows that are new are inserted in the order in which they were saved, for tables that number their rows.
  /// Otherwise they are inserted in key order, so that two units with the same new rows wait for each other at most.
  static var isNumbered: Bool { get }
}

extension Row {
  public static var keyColumn: String { "id" }
  /// Most tables do not number their rows.
  public static var isNumbered: Bool { false }
}
