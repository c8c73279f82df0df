import Foundation

/// Turns a Codable struct into columns and values, in the order of its properties.
///
/// Property names become snake_case columns. Strings, integers, `Bool`, `Double`, `UUID`, `Date` (timestamptz), `Data`
/// and `[UInt8]` (bytea), their optionals, and types that encode as one of them (enums with raw values, wrappers)
/// become that value; nil becomes `.null`, so the column is always there. Everything else becomes JSON text for a
/// jsonb column.
public struct PostgresRowEncoder {
  public init() {}

  /// - Throws: `PostgresError` with code `.encoding` for a value that is not a keyed struct, or does not fit its type.
  public func encode(_ value: some Encodable) throws -> [(column: String, value: PostgresValue)] {
    try encode(value, EncodedColumns(only: nil))
  }

  /// One column alone, at the cost of no other. nil when the row has none of this name.
  /// - Throws: as `encode(_:)`, but for what the other columns hold.
  public func encode(_ value: some Encodable, column: String) throws -> PostgresValue? {
    try encode(value, EncodedColumns(only: column)).first?.value
  }

  private func encode(
    _ value: some Encodable, _ columns: EncodedColumns
  ) throws -> [(column: String, value: PostgresValue)] {
    do {
      try value.encode(to: RowEncoding(columns: columns))
    } catch is NotScalar {
      columns.isKeyed = false
    }
    guard columns.isKeyed else {
      throw PostgresError(.encoding, "\(type(of: value)) does not encode as properties; only structs are rows.")
    }
    return columns.list
  }
}

/// Where the containers, which the encoder's protocols copy freely, put what they are given.
private final class EncodedColumns {
  var list: [(column: String, value: PostgresValue)] = []
  var isKeyed = false
  private let only: String?

  init(only: String?) { self.only = only }

  func put(_ key: some CodingKey, _ value: () throws -> PostgresValue) rethrows {
    let column = ColumnName.of(key.stringValue)
    guard only == nil || only == column else { return }
    list.append((column, try value()))
  }
}

private struct RowEncoding: Encoder {
  let columns: EncodedColumns
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    columns.isKeyed = true
    return KeyedEncodingContainer(RowContainer(columns: columns))
  }

  // A row that is an array or a single value is refused by the missing `isKeyed`.
  func unkeyedContainer() -> any UnkeyedEncodingContainer { RefusingContainer() }
  func singleValueContainer() -> any SingleValueEncodingContainer { ScalarSink(capture: ScalarCapture()) }
}

private struct RowContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let columns: EncodedColumns
  var codingPath: [any CodingKey] { [] }

  private func put(_ key: Key, _ value: PostgresValue) { columns.put(key) { value } }

  private func putAny<T: Encodable>(_ key: Key, _ value: T?) throws {
    try columns.put(key) { try value.map { try PostgresScalar.value($0) } ?? .null }
  }

  func encodeNil(forKey key: Key) { put(key, .null) }
  func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try putAny(key, value) }

  // The commonest, without asking what they are.
  func encode(_ value: String, forKey key: Key) { put(key, .text(value)) }
  func encode(_ value: Int, forKey key: Key) { put(key, .int(Int64(value))) }
  func encode(_ value: Int64, forKey key: Key) { put(key, .int(value)) }
  func encode(_ value: Bool, forKey key: Key) { put(key, .bool(value)) }

  // The defaults of these leave the column out when the value is nil.
  func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws { try putAny(key, value) }
  func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try putAny(key, value) }
  func encodeIfPresent(_ value: String?, forKey key: Key) throws { try putAny(key, value) }
  func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try putAny(key, value) }
  func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try putAny(key, value) }
  func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try putAny(key, value) }
  func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try putAny(key, value) }
  func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try putAny(key, value) }
  func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try putAny(key, value) }
  func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try putAny(key, value) }
  func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try putAny(key, value) }
  func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try putAny(key, value) }
  func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { try putAny(key, value) }
  func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { try putAny(key, value) }
  func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try putAny(key, value) }

  // Nobody who writes a row by hand needs these; what is put into them is refused.
  func nestedContainer<Nested: CodingKey>(
    keyedBy keyType: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> { KeyedEncodingContainer(RefusingKeyedContainer()) }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { RefusingContainer() }
  func superEncoder() -> any Encoder { RefusingEncoder() }
  func superEncoder(forKey key: Key) -> any Encoder { RefusingEncoder() }
}
