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
  /// Whether the rows are locked until the unit commits.
  let isLocking: Bool
  let decode: @Sendable (LoadedRow) throws -> any Row

  /// Whether a whole table is locked.
  var isWide: Bool { isLocking && selector == .all }

  /// The row with this key, if it exists.
  public static func row<R: Row>(_ type: R.Type, _ key: String) -> Need { make(type, .key(key)) }
  /// Every row whose column has this value. The column needs an index.
  public static func rows<R: Row>(_ type: R.Type, where column: String, is value: String) -> Need {
    make(type, .column(column, value))
  }
  /// Every row of a small table.
  public static func all<R: Row>(_ type: R.Type) -> Need { make(type, .all) }

  /// The row with this key as it is committed at this moment, without a lock: nobody waits for this unit because of it,
  /// and another may change the row before this unit commits. It cannot be saved or deleted here. For rows that
  /// everybody reads and hardly anybody writes, such as settings.
  public static func reading<R: Row>(_ type: R.Type, _ key: String) -> Need {
    make(type, .key(key), isLocking: false)
  }

  private static func make<R: Row>(_ type: R.Type, _ selector: Selector, isLocking: Bool = true) -> Need {
    Need(table: R.table, keyColumn: R.keyColumn, selector: selector, isLocking: isLocking) { try $0.decode(R.self) }
  }
}
