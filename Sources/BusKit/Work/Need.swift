/// Rows that a unit of work wants to see, named from the message alone. The runtime reads the needs of a whole batch
/// with one locking statement per table, tables in alphabetical order, rows in key order: two units can never deadlock
/// on them.
public struct Need: Sendable {
  enum Selector: Sendable, Hashable {
    case key(String)
    case column(String, String)
    case all
  }
  let table: String
  let keyColumn: String
  let selector: Selector
  let decode: @Sendable (LoadedRow) throws -> any Row

  /// The row with this key, if it exists.
  public static func row<R: Row>(_ type: R.Type, _ key: String) -> Need { make(type, .key(key)) }
  /// Every row whose column has this value. The column needs an index.
  public static func rows<R: Row>(_ type: R.Type, where column: String, is value: String) -> Need {
    make(type, .column(column, value))
  }
  /// Every row of a small table.
  public static func all<R: Row>(_ type: R.Type) -> Need { make(type, .all) }

  private static func make<R: Row>(_ type: R.Type, _ selector: Selector) -> Need {
    Need(table: R.table, keyColumn: R.keyColumn, selector: selector) { try $0.decode(R.self) }
  }
}
