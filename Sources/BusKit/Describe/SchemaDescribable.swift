/// A type that says itself what its JSON looks like.
///
/// Most types need not: `SchemaGenerator` finds out by decoding them. These must: enums whose cases carry values, and
/// types whose `init(from:)` refuses the made-up values it is given (an address, a hash). Enums with raw values only
/// need `CaseIterable`.
public protocol SchemaDescribable: Decodable {
  /// Must have an example that decodes: values that contain this type are made with it.
  static var jsonSchema: JSONSchema { get }
}

/// A type of the standard library that holds others: it has no name of its own and no need of a value inside.
protocol SchemaContainer: Decodable {
  static func schema(from generator: SchemaGenerator) throws -> JSONSchema
  static var empty: Self { get }
}

extension Optional: SchemaContainer where Wrapped: Decodable {
  static func schema(from generator: SchemaGenerator) throws -> JSONSchema {
    .nullable(try generator.schema(of: Wrapped.self))
  }
  static var empty: Wrapped? { nil }
}

extension Array: SchemaContainer where Element: Decodable {
  static func schema(from generator: SchemaGenerator) throws -> JSONSchema {
    .array(of: try generator.schema(of: Element.self))
  }
  static var empty: [Element] { [] }
}

extension Set: SchemaContainer where Element: Decodable {
  static func schema(from generator: SchemaGenerator) throws -> JSONSchema {
    .array(of: try generator.schema(of: Element.self))
  }
  static var empty: Set<Element> { [] }
}

extension Dictionary: SchemaContainer where Key: Decodable, Value: Decodable {
  /// Swift writes dictionaries with other keys as arrays of keys and values in turn.
  static func schema(from generator: SchemaGenerator) throws -> JSONSchema {
    let values = try generator.schema(of: Value.self)
    if Key.self == String.self { return .dictionary(of: values) }
    return .array(of: .oneOf([try generator.schema(of: Key.self), values]))
  }
  static var empty: [Key: Value] { [:] }
}
