/// What one `init(from:)` has asked its decoder for.
final class SchemaNode {
  private var properties: [String: JSONSchema] = [:]
  private var optional: Set<String> = []
  private var nested: [String: SchemaNode] = [:]
  private var items: [JSONSchema]?
  private var nestedItems: SchemaNode?
  private var single: JSONSchema?
  private var isNullable = false

  func note(_ key: any CodingKey, _ schema: JSONSchema) { properties[key.stringValue] = schema }
  func noteOptional(_ key: any CodingKey) { optional.insert(key.stringValue) }
  func noteItem(_ schema: JSONSchema) { if items?.contains(schema) != true { items = (items ?? []) + [schema] } }
  func noteSingle(_ schema: JSONSchema) { single = schema }
  func noteNullable() { isNullable = true }

  func child(_ key: any CodingKey) -> SchemaNode {
    let node = nested[key.stringValue] ?? SchemaNode()
    nested[key.stringValue] = node
    return node
  }

  func childItem() -> SchemaNode {
    let node = nestedItems ?? SchemaNode()
    nestedItems = node
    return node
  }

  /// A type that asked for nothing has no stored properties: an empty object.
  var schema: JSONSchema {
    let found: JSONSchema
    if let single {
      found = single
    } else if items != nil || nestedItems != nil {
      let all = (items ?? []) + (nestedItems.map { [$0.schema] } ?? [])
      found = .array(of: all.count == 1 ? all[0] : .oneOf(all))
    } else {
      found = .object(properties.merging(nested.mapValues(\.schema)) { $1 }, optional: optional)
    }
    return isNullable ? .nullable(found) : found
  }
}

/// A decoder that has no data: it answers every request with a made-up value and notes what was requested.
struct SchemaRecorder: Decoder {
  let node: SchemaNode
  let generator: SchemaGenerator
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(Keyed(recorder: self))
  }
  func unkeyedContainer() -> any UnkeyedDecodingContainer { Unkeyed(recorder: self) }
  func singleValueContainer() -> any SingleValueDecodingContainer { Single(recorder: self) }

  private func within(_ node: SchemaNode) -> SchemaRecorder { SchemaRecorder(node: node, generator: generator) }

  private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let recorder: SchemaRecorder
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool { true }

    /// Whoever asks is ready for the answer yes.
    func decodeNil(forKey key: Key) -> Bool {
      recorder.node.noteOptional(key)
      return false
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
      let (schema, value) = try recorder.generator.record(type)
      recorder.node.note(key, schema)
      return value
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
      recorder.node.noteOptional(key)
      recorder.node.note(key, try recorder.generator.schema(of: type))
      return nil
    }

    func nestedContainer<N: CodingKey>(keyedBy type: N.Type, forKey key: Key) -> KeyedDecodingContainer<N> {
      recorder.within(recorder.node.child(key)).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer {
      recorder.within(recorder.node.child(key)).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { throw Self.noSuper }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw Self.noSuper }
    private static var noSuper: SchemaError { SchemaError(Key.self, "superclasses are not described") }
  }

  /// One item of each kind that is asked for.
  private struct Unkeyed: UnkeyedDecodingContainer {
    let recorder: SchemaRecorder
    var codingPath: [any CodingKey] { [] }
    var count: Int? { 1 }
    var currentIndex = 0
    var isAtEnd: Bool { currentIndex > 0 }

    mutating func decodeNil() -> Bool { false }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
      currentIndex += 1
      let (schema, value) = try recorder.generator.record(type)
      recorder.node.noteItem(schema)
      return value
    }

    mutating func nestedContainer<N: CodingKey>(keyedBy type: N.Type) -> KeyedDecodingContainer<N> {
      currentIndex += 1
      return recorder.within(recorder.node.childItem()).container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer {
      currentIndex += 1
      return recorder.within(recorder.node.childItem()).unkeyedContainer()
    }
    mutating func superDecoder() throws -> any Decoder {
      throw SchemaError(Self.self, "superclasses are not described")
    }
  }

  private struct Single: SingleValueDecodingContainer {
    let recorder: SchemaRecorder
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool {
      recorder.node.noteNullable()
      return false
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
      let (schema, value) = try recorder.generator.record(type)
      recorder.node.noteSingle(schema)
      return value
    }
  }
}
