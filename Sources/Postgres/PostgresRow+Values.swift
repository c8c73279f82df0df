import CLibpq
import Foundation

extension PostgresRow {
  /// A row made of values instead of an answer, in the text that the server would have sent: it reads as if it had been
  /// stored and loaded.
  /// - Throws: `PostgresError` with code `.encoding` for a value that Postgres cannot store.
  package init(values: [(column: String, value: PostgresValue)]) throws {
    guard let result = PQmakeEmptyPGresult(nil, PGRES_TUPLES_OK) else { throw Self.memory }
    do {
      try Self.fill(result, values)
    } catch {
      PQclear(result)
      throw error
    }
    self.init(cells: PostgresCells(owning: result), index: 0)
  }

  private static var memory: PostgresError { PostgresError(.limit, "There is no memory for a row.") }

  private static func fill(_ result: OpaquePointer, _ values: [(column: String, value: PostgresValue)]) throws {
    let names = values.map { strdup($0.column) }
    defer { for name in names { free(name) } }
    var columns = names.map {
      PGresAttDesc(name: $0, tableid: 0, columnid: 0, format: 0, typid: 0, typlen: -1, atttypmod: -1)
    }
    // libpq copies the names.
    guard PQsetResultAttrs(result, Int32(columns.count), &columns) != 0 else { throw memory }
    for (index, field) in values.enumerated() {
      let isSet: Int32
      if var text = try text(of: field.value) {
        isSet = text.withUnsafeMutableBytes { bytes in
          let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
          return PQsetvalue(result, 0, Int32(index), start, Int32(bytes.count - 1))
        }
      } else {
        isSet = PQsetvalue(result, 0, Int32(index), nil, -1)
      }
      if isSet == 0 { throw memory }
    }
  }

  /// The value as the server writes it, with a NUL behind; nil for null.
  private static func text(of value: PostgresValue) throws -> [UInt8]? {
    var buffer: [UInt8] = []
    if case .bytes(let bytes) = value {
      PostgresText.appendHex(bytes, to: &buffer)
      return buffer + [0]
    }
    switch try value.append(to: &buffer) {
    case .null: return nil
    case .text: return buffer
    case .binary: throw PostgresError(.encoding, "An array of bytes is a parameter, never a column of a row.")
    }
  }
}
