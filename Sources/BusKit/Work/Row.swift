/// A row of a service's own table as a plain value. Property names become snake_case columns; nested values become
/// jsonb.
public protocol Row: Codable, Sendable, Equatable {
  static var table: String { get }
  /// The primary key's column; a row has exactly one.
  static var keyColumn: String { get }
  /// The primary key's value as text.
  var rowKey: String { get }
}

extension Row {
  public static var keyColumn: String { "id" }
}
