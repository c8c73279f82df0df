import CLibpq
import Foundation
import Synchronization

/// A column as it is asked for: by its own name, or by that of the property which it belongs to.
struct PostgresColumn {
  let text: String
  let isProperty: Bool

  /// The column's own name.
  var name: String { isProperty ? ColumnName.of(text) : text }
}

/// The cells of one result, read where libpq put them: only what is asked for is copied.
///
/// - Note: `@unchecked Sendable`.
// Safe because a PGresult is never written after libpq has handed it out, and PQgetvalue and its like only read it.
final class PostgresCells: @unchecked Sendable {
  private let result: OpaquePointer
  private let width: Int32
  /// Where the next column is probably asked for: rows are read in the order of their columns, mostly.
  private let expected = Atomic<Int32>(0)

  /// Takes ownership of a finished result.
  init(owning result: OpaquePointer) {
    self.result = result
    width = PQnfields(result)
  }

  deinit { PQclear(result) }

  var rowCount: Int { Int(PQntuples(result)) }
  /// In the statement's order.
  var columnNames: [String] { (0..<width).compactMap { PQfname(result, $0).map { String(cString: $0) } } }

  /// Where the column stands; nil: there is none.
  func index(of column: PostgresColumn) -> Int32? {
    var text = column.text
    return text.withUTF8 { text in
      let start = expected.load(ordering: .relaxed)
      for step in 0..<width {
        let index = start + step < width ? start + step : start + step - width
        guard let name = PQfname(result, index), Self.isName(name, of: text, column.isProperty) else { continue }
        expected.store(index + 1 < width ? index + 1 : 0, ordering: .relaxed)
        return index
      }
      return nil
    }
  }

  private static func isName(
    _ name: UnsafePointer<CChar>, of text: UnsafeBufferPointer<UInt8>, _ isProperty: Bool
  ) -> Bool {
    if isProperty { return ColumnName.isColumn(name, of: text) }
    for (index, letter) in text.enumerated() {
      // Nothing is read behind the name's end.
      guard letter != 0, UInt8(bitPattern: name[index]) == letter else { return false }
    }
    return name[text.count] == 0
  }

  func isNull(_ row: Int, _ column: Int32) -> Bool { PQgetisnull(result, Int32(row), column) == 1 }

  /// The bytes live as long as this object; `body` must not let them out.
  func withBytes<T>(_ row: Int, _ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
    let start = PQgetvalue(result, Int32(row), column)
    return try body(UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, Int32(row), column))))
  }
}
