import Foundation

/// Where one value goes. What a type's `encode(to:)` is given; holds no state of its own.
struct JSONValueEncoder: Encoder, SingleValueEncodingContainer {
  let encoding: JSONEncoding
  let entry: Int

  var codingPath: [any CodingKey] { encoding.tree.path(of: entry) }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    let container = encoding.tree.container(isObject: true, at: entry)
    return KeyedEncodingContainer(JSONObjectEncoder<Key>(encoding: encoding, container: container))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    JSONArrayEncoder(encoding: encoding, container: encoding.tree.container(isObject: false, at: entry))
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  func encodeNil() throws { try encoding.tree.encodeNil(at: entry) }
  func encode<T: Encodable>(_ value: T) throws { try encoding.encode(value, at: entry) }

  func encode(_ value: Bool) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: String) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: Double) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: Float) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: Int) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: Int8) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: Int16) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: Int32) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: Int64) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: UInt) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: UInt8) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: UInt16) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: UInt32) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: UInt64) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: Int128) throws { try encoding.tree.write(value, at: entry) }
  func encode(_ value: UInt128) throws { try encoding.tree.write(value, at: entry) }
}

struct JSONObjectEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let encoding: JSONEncoding
  let container: Int

  var codingPath: [any CodingKey] { encoding.tree.path(of: encoding.tree.containers[container].entry) }

  func encodeNil(forKey key: Key) throws {
    let entry = begin(key)
    try encoding.tree.encodeNil(at: entry)
  }

  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    let entry = encoding.tree.add(key.stringValue, to: container)
    do { try encoding.encode(value, at: entry) } catch {
      encoding.tree.drop(entry)
      throw error
    }
  }

  func encode(_ value: Bool, forKey key: Key) throws {
    let entry = begin(key)
    try encoding.tree.write(value, at: entry)
  }
  func encode(_ value: String, forKey key: Key) throws {
    let entry = begin(key)
    try encoding.tree.write(value, at: entry)
  }
  func encode(_ value: Int, forKey key: Key) throws { try encodeInteger(value, key) }
  func encode(_ value: Int8, forKey key: Key) throws { try encodeInteger(value, key) }
  func encode(_ value: Int16, forKey key: Key) throws { try encodeInteger(value, key) }
  func encode(_ value: Int32, forKey key: Key) throws { try encodeInteger(value, key) }
  func encode(_ value: Int64, forKey key: Key) throws { try encodeInteger(value, key) }
  func encode(_ value: UInt, forKey key: Key) throws { try encodeInteger(value, key) }
  func encode(_ value: UInt8, forKey key: Key) throws { try encodeInteger(value, key) }
  func encode(_ value: UInt16, forKey key: Key) throws { try encodeInteger(value, key) }
  func encode(_ value: UInt32, forKey key: Key) throws { try encodeInteger(value, key) }
  func encode(_ value: UInt64, forKey key: Key) throws { try encodeInteger(value, key) }
  func encode(_ value: Int128, forKey key: Key) throws { try encodeInteger(value, key) }
  func encode(_ value: UInt128, forKey key: Key) throws { try encodeInteger(value, key) }
  func encode(_ value: Double, forKey key: Key) throws { try encodeFinite(value, key) }
  func encode(_ value: Float, forKey key: Key) throws { try encodeFinite(value, key) }

  @inline(__always)
  private func encodeInteger<T: FixedWidthInteger>(_ value: T, _ key: Key) throws {
    let entry = begin(key)
    try encoding.tree.write(value, at: entry)
  }

  /// A number that JSON cannot express must not leave its key behind.
  private func encodeFinite<T: JSONFloatingPoint>(_ value: T, _ key: Key) throws {
    let entry = begin(key)
    do { try encoding.tree.write(value, at: entry) } catch {
      encoding.tree.drop(entry)
      throw error
    }
  }

  @inline(__always)
  private func begin(_ key: Key) -> Int { encoding.tree.add(key.stringValue, to: container) }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    nested(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { nested(key).unkeyedContainer() }

  /// Asked twice for the same key, the same container.
  private func nested(_ key: Key) -> JSONValueEncoder {
    JSONValueEncoder(encoding: encoding, entry: encoding.tree.find(key.stringValue, in: container) ?? begin(key))
  }

  func superEncoder() -> any Encoder {
    JSONValueEncoder(encoding: encoding, entry: encoding.tree.add(JSONKey.super.stringValue, to: container))
  }

  func superEncoder(forKey key: Key) -> any Encoder { JSONValueEncoder(encoding: encoding, entry: begin(key)) }
}

struct JSONArrayEncoder: UnkeyedEncodingContainer {
  let encoding: JSONEncoding
  let container: Int

  var codingPath: [any CodingKey] { encoding.tree.path(of: encoding.tree.containers[container].entry) }
  var count: Int { encoding.tree.containers[container].count }

  func encodeNil() throws {
    let entry = encoding.tree.addElement(to: container)
    try encoding.tree.encodeNil(at: entry)
  }

  func encode<T: Encodable>(_ value: T) throws {
    let entry = encoding.tree.addElement(to: container)
    do { try encoding.encode(value, at: entry) } catch {
      encoding.tree.drop(entry)
      throw error
    }
  }

  func encode(_ value: Bool) throws {
    let entry = encoding.tree.addElement(to: container)
    try encoding.tree.write(value, at: entry)
  }
  func encode(_ value: String) throws {
    let entry = encoding.tree.addElement(to: container)
    try encoding.tree.write(value, at: entry)
  }
  func encode(_ value: Int) throws { try encodeInteger(value) }
  func encode(_ value: Int8) throws { try encodeInteger(value) }
  func encode(_ value: Int16) throws { try encodeInteger(value) }
  func encode(_ value: Int32) throws { try encodeInteger(value) }
  func encode(_ value: Int64) throws { try encodeInteger(value) }
  func encode(_ value: UInt) throws { try encodeInteger(value) }
  func encode(_ value: UInt8) throws { try encodeInteger(value) }
  func encode(_ value: UInt16) throws { try encodeInteger(value) }
  func encode(_ value: UInt32) throws { try encodeInteger(value) }
  func encode(_ value: UInt64) throws { try encodeInteger(value) }
  func encode(_ value: Int128) throws { try encodeInteger(value) }
  func encode(_ value: UInt128) throws { try encodeInteger(value) }
  func encode(_ value: Double) throws { try encodeFinite(value) }
  func encode(_ value: Float) throws { try encodeFinite(value) }

  @inline(__always)
  private func encodeInteger<T: FixedWidthInteger>(_ value: T) throws {
    let entry = encoding.tree.addElement(to: container)
    try encoding.tree.write(value, at: entry)
  }

  private func encodeFinite<T: JSONFloatingPoint>(_ value: T) throws {
    let entry = encoding.tree.addElement(to: container)
    do { try encoding.tree.write(value, at: entry) } catch {
      encoding.tree.drop(entry)
      throw error
    }
  }

  func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
    element().container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { element().unkeyedContainer() }
  func superEncoder() -> any Encoder { element() }

  private func element() -> JSONValueEncoder {
    JSONValueEncoder(encoding: encoding, entry: encoding.tree.addElement(to: container))
  }
}
