import Foundation

/// One column of one row, as a decoder for the property that it belongs to.
struct PostgresCell {
  let row: PostgresRow
  let column: PostgresColumn

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    if let plain = try plain(type) {
      guard let value = plain as? T else { throw mismatch(type) }
      return value
    }
    do {
      return try T(from: CellDecoding(cell: self))
    } catch is NotScalar {
      return try json(type)
    } catch is DecodingError {
      // For instance a raw value that the enum does not have; the error would quote the content.
      throw mismatch(type)
    }
  }

  /// The value of a type that has its own reader; nil for all other types.
  private func plain<T>(_ type: T.Type) throws -> Any? {
    switch type {
    case is String.Type: try row.required(column, row.string)
    case is Int64.Type: try row.required(column, row.int)
    case is Bool.Type: try row.required(column, row.bool)
    case is UUID.Type: try row.required(column, row.uuid)
    case is Date.Type: try row.required(column, row.date)
    case is Data.Type: Data(try row.required(column, row.bytes))
    case is [UInt8].Type: try row.required(column, row.bytes)
    case is Double.Type: try row.required(column, row.double)
    case is Float.Type: Float(try row.required(column, row.double))
    case let integer as any FixedWidthInteger.Type: try exact(integer)
    default: nil
    }
  }

  private func exact<I: FixedWidthInteger>(_ type: I.Type) throws -> I {
    guard let value = I(exactly: try row.required(column, row.int)) else { throw mismatch(type) }
    return value
  }

  private func json<T: Decodable>(_ type: T.Type) throws -> T {
    do {
      return try row.withText(column) { try PostgresJSON.value(type, from: $0) }
    } catch is DecodingError {
      throw mismatch(type)
    }
  }

  private func mismatch(_ type: Any.Type) -> PostgresError {
    PostgresError(.decoding, "Column \"\(column.name)\" does not read as \(type).")
  }
}

private struct CellDecoding: Decoder {
  let cell: PostgresCell
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> { throw NotScalar() }
  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw NotScalar() }
  func singleValueContainer() -> any SingleValueDecodingContainer { CellValue(cell: cell) }
}

private struct CellValue: SingleValueDecodingContainer {
  let cell: PostgresCell
  var codingPath: [any CodingKey] { [] }

  /// Cannot throw; a column that is missing fails in the `decode` that follows.
  func decodeNil() -> Bool { cell.row.isPresentAndNull(cell.column) }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try cell.decode(type) }
}
