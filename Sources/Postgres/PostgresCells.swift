import CLibpq

/// The cells of one result, read where libpq put them: only what is asked for is copied.
///
/// - Note: `@unchecked Sendable`.
// Safe because a PGresult is never written after libpq has handed it out, and PQgetvalue and its like only read it.
final class PostgresCells: @unchecked Sendable {
  private let result: OpaquePointer
  private let columns: [String: Int32]

  /// Takes ownership of a finished result.
  init(owning result: OpaquePointer) {
    self.result = result
    var columns: [String: Int32] = [:]
    for index in 0..<PQnfields(result) {
      if let name = PQfname(result, index) { columns[String(cString: name)] = index }
    }
    self.columns = columns
  }

  deinit { PQclear(result) }

  var rowCount: Int { Int(PQntuples(result)) }
  var columnNames: [String] { columns.sorted { $0.value < $1.value }.map(\.key) }

  func index(of column: String) -> Int32? { columns[column] }

  func isNull(_ row: Int, _ column: Int32) -> Bool { PQgetisnull(result, Int32(row), column) == 1 }

  /// The bytes live as long as this object; `body` must not let them out.
  func withBytes<T>(_ row: Int, _ column: Int32, _ body: (UnsafeRawBufferPointer) -> T) -> T {
    let start = PQgetvalue(result, Int32(row), column)
    return body(UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, Int32(row), column))))
  }
}
