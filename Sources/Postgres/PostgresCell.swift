import Foundation

/// One column of one row, as a decoder for the property that it belongs to.
struct PostgresCell {
  let row: PostgresRow
  let column: String

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
    case is String.Type: try row.string(column)
    case is Int64.Type: try row.int(column)
    case is Bool.Type: try row.bool(column)
    case is UUID.Type: try row.uuid(column)
    case is Date.Type: try row.date(column)
    case is Data.Type: Data(try row.bytes(column))
    case is [UInt8].Type: try row.bytes(column)
    case is Double.Type: try row.double(column)
    case is Float.Type: Float(try row.double(column))
    case let integer as any FixedWidthInteger.Type: try exact(integer)
    default: nil
    }
  }

  private func exact<I: FixedWidthInteger>(_ type: I.Type) throws -> I {
    guard let value = I(exactly: try row.int(column)) else { throw mismatch(type) }
    return value
  }

  private func json<T: Decodable>(_ type: T.Type) throws -> T {
    do {
      return try PostgresJSON.value(type, from: try row.string(column))
    } catch is DecodingError {
      throw mismatch(type)
    }
  }

  private func mismatch(_ type: Any.Type) -> PostgresError {
    PostgresError(.decoding, "Column \"\(column)\" does not read as \(type).")
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
