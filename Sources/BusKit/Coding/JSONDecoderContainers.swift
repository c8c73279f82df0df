/// One value of a document. What a type's `init(from:)` is given; holds no state of its own.
struct JSONValueDecoder: Decoder, SingleValueDecodingContainer {
  let document: JSONDocument
  let token: Int

  var codingPath: [any CodingKey] { document.path(of: token) }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard document.token(token).kind == .object else { throw document.mismatch([String: Any].self, token) }
    return KeyedDecodingContainer(JSONObjectDecoder<Key>(document: document, object: token))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard document.token(token).kind == .array else { throw document.mismatch([Any].self, token) }
    return JSONArrayDecoder(document: document, array: token)
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

  func decodeNil() -> Bool { document.isNull(token) }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try document.decode(type, at: token) }
  func decode(_ type: Bool.Type) throws -> Bool { try document.bool(token) }
  func decode(_ type: String.Type) throws -> String { try document.string(token) }
  func decode(_ type: Double.Type) throws -> Double { try document.floatingPoint(type, token) }
  func decode(_ type: Float.Type) throws -> Float { try document.floatingPoint(type, token) }
  func decode(_ type: Int.Type) throws -> Int { try document.integer(type, token) }
  func decode(_ type: Int8.Type) throws -> Int8 { try document.integer(type, token) }
  func decode(_ type: Int16.Type) throws -> Int16 { try document.integer(type, token) }
  func decode(_ type: Int32.Type) throws -> Int32 { try document.integer(type, token) }
  func decode(_ type: Int64.Type) throws -> Int64 { try document.integer(type, token) }
  func decode(_ type: UInt.Type) throws -> UInt { try document.integer(type, token) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try document.integer(type, token) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try document.integer(type, token) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try document.integer(type, token) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try document.integer(type, token) }
  func decode(_ type: Int128.Type) throws -> Int128 { try document.integer(type, token) }
  func decode(_ type: UInt128.Type) throws -> UInt128 { try document.integer(type, token) }
}

struct JSONObjectDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let document: JSONDocument
  let object: Int

  var codingPath: [any CodingKey] { document.path(of: object) }
  var allKeys: [Key] { document.keys(of: object).compactMap { Key(stringValue: $0) } }

  @inline(__always)
  private func find(_ key: Key) -> Int? { document.find(key.stringValue, in: object) }

  @inline(__always)
  private func value(_ key: Key) throws -> Int {
    guard let value = find(key) else { throw missing(key) }
    return value
  }

  /// nil where the key is missing and where it is null.
  @inline(__always)
  private func present(_ key: Key) -> Int? {
    guard let value = find(key), !document.isNull(value) else { return nil }
    return value
  }

  @inline(never)
  private func missing(_ key: Key) -> DecodingError {
    .keyNotFound(
      key, .init(codingPath: document.path(of: object), debugDescription: "the key '\(key.stringValue)' is missing"))
  }

  func contains(_ key: Key) -> Bool { find(key) != nil }
  func decodeNil(forKey key: Key) throws -> Bool { document.isNull(try value(key)) }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try document.decode(type, at: value(key))
  }
  func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
    try present(key).map { try document.decode(type, at: $0) }
  }
  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try document.bool(value(key)) }
  func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try present(key).map(document.bool) }
  func decode(_ type: String.Type, forKey key: Key) throws -> String { try document.string(value(key)) }
  func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
    try present(key).map { try document.string($0) }
  }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try document.floatingPoint(type, value(key)) }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try document.floatingPoint(type, value(key)) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try document.integer(type, value(key)) }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try document.integer(type, value(key)) }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try document.integer(type, value(key)) }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try document.integer(type, value(key)) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try document.integer(type, value(key)) }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try document.integer(type, value(key)) }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try document.integer(type, value(key)) }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try document.integer(type, value(key)) }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try document.integer(type, value(key)) }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try document.integer(type, value(key)) }
  func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try document.integer(type, value(key)) }
  func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try document.integer(type, value(key)) }
  func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
    try present(key).map { try document.integer(type, $0) }
  }
  func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
    try present(key).map { try document.integer(type, $0) }
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try JSONValueDecoder(document: document, token: value(key)).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try JSONValueDecoder(document: document, token: value(key)).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder {
    JSONValueDecoder(
      document: document, token: document.find(JSONKey.super.stringValue, in: object) ?? document.absent)
  }

  func superDecoder(forKey key: Key) throws -> any Decoder {
    JSONValueDecoder(document: document, token: find(key) ?? document.absent)
  }
}

struct JSONArrayDecoder: UnkeyedDecodingContainer {
  private let document: JSONDocument
  private let array: Int32
  private var next: Int32
  private var index: Int32 = 0
  private let size: Int32

  /// Tokens are fewer than the bytes of a text, and those are limited.
  init(document: JSONDocument, array: Int) {
    self.document = document
    self.array = Int32(array)
    next = Int32(array + 1)
    size = Int32(document.token(array).extra)
  }

  var codingPath: [any CodingKey] { document.path(of: Int(array)) }
  var count: Int? { Int(size) }
  var currentIndex: Int { Int(index) }
  var isAtEnd: Bool { index >= size }

  /// Stays where it is when the element cannot be read.
  @inline(__always)
  private mutating func element<T>(_ type: T.Type, _ read: (Int) throws -> T) throws -> T {
    guard index < size else { throw atEnd(type) }
    let value = try read(Int(next))
    advance()
    return value
  }

  private mutating func advance() {
    next = Int32(document.after(Int(next)))
    index += 1
  }

  @inline(never)
  private func atEnd(_ type: Any.Type) -> DecodingError {
    .valueNotFound(
      type, .init(codingPath: codingPath, debugDescription: "the array has \(size) elements and no further \(type)"))
  }

  mutating func decodeNil() throws -> Bool {
    guard index < size else { throw atEnd(Never.self) }
    guard document.isNull(Int(next)) else { return false }
    advance()
    return true
  }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    try element(type) { [document] in try document.decode(type, at: $0) }
  }
  mutating func decode(_ type: Bool.Type) throws -> Bool { try element(type) { [document] in try document.bool($0) } }
  mutating func decode(_ type: String.Type) throws -> String {
    try element(type) { [document] in try document.string($0) }
  }
  mutating func decode(_ type: Double.Type) throws -> Double {
    try element(type) { [document] in try document.floatingPoint(type, $0) }
  }
  mutating func decode(_ type: Float.Type) throws -> Float {
    try element(type) { [document] in try document.floatingPoint(type, $0) }
  }
  private mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
    try element(type) { [document] in try document.integer(type, $0) }
  }
  mutating func decode(_ type: Int.Type) throws -> Int { try integer(type) }
  mutating func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
  mutating func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
  mutating func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
  mutating func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
  mutating func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
  mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
  mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
  mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
  mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
  mutating func decode(_ type: Int128.Type) throws -> Int128 { try integer(type) }
  mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try integer(type) }

  mutating func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try element(KeyedDecodingContainer<NestedKey>.self) { [document] in
      try JSONValueDecoder(document: document, token: $0).container(keyedBy: type)
    }
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try element((any UnkeyedDecodingContainer).self) { [document] in
      try JSONValueDecoder(document: document, token: $0).unkeyedContainer()
    }
  }

  mutating func superDecoder() throws -> any Decoder {
    try element((any Decoder).self) { [document] in JSONValueDecoder(document: document, token: $0) }
  }
}
