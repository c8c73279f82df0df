import Foundation

/// Makes a Codable struct of a row: the counterpart of `PostgresRowEncoder`.
///
/// Every property needs its column, optionals as well: a column missing from the select is a mistake, not a nil.
public struct PostgresRowDecoder {
  public init() {}

  /// - Throws: `PostgresError` with code `.decoding`, which names the column and never its content.
  public func decode<T: Decodable>(_ type: T.Type, from row: PostgresRow) throws -> T {
    do {
      return try T(from: RowDecoding(row: row))
    } catch let error as PostgresError {
      throw error
    } catch {
      throw PostgresError(.decoding, "The row does not read as \(T.self).")
    }
  }
}

private struct RowDecoding: Decoder {
  let row: PostgresRow
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(RowSource(row: row))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw NotScalar() }
  func singleValueContainer() throws -> any SingleValueDecodingContainer { throw NotScalar() }
}

private struct RowSource<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let row: PostgresRow
  var codingPath: [any CodingKey] { [] }
  var allKeys: [Key] { row.columns.compactMap { Key(stringValue: $0) } }

  /// Always true, so that a column that is missing fails in `decodeNil` instead of reading as nil.
  func contains(_ key: Key) -> Bool { true }

  private func column(_ key: Key) -> PostgresColumn { PostgresColumn(text: key.stringValue, isProperty: true) }

  func decodeNil(forKey key: Key) throws -> Bool { try row.isNull(column(key)) }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try PostgresCell(row: row, column: column(key)).decode(type)
  }

  // The commonest, without asking what they are.
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try row.required(column(key), row.string) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
    let column = column(key)
    guard let value = Int(exactly: try row.required(column, row.int)) else {
      throw PostgresError(.decoding, "Column \"\(column.name)\" does not read as Int.")
    }
    return value
  }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try row.required(column(key), row.int) }
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try row.required(column(key), row.bool) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> { throw NotScalar() }
  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw NotScalar() }
  func superDecoder() throws -> any Decoder { throw NotScalar() }
  func superDecoder(forKey key: Key) throws -> any Decoder { throw NotScalar() }
}
