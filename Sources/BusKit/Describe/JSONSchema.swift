/// A JSON Schema (draft 7, which AsyncAPI builds on), put together from a few forms.
public struct JSONSchema: Sendable, Hashable, Encodable {
  /// The schema as a value.
  public let json: JSON

  /// Any keywords at all, for what the forms below do not say.
  public init(_ json: JSON) { self.json = json }

  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }

  /// `true` or `false`
  public static let boolean = JSONSchema(["type": "boolean"])
  /// Any number, whole or not.
  public static let number = JSONSchema(["type": "number"])

  /// - Parameter format: `int32` or `int64`.
  public static func integer(format: String = "int64", minimum: Int64? = nil, maximum: Int64? = nil) -> JSONSchema {
    JSONSchema(["type": "integer", "format": .string(format)])
      .with("minimum", minimum.map { .integer($0) }).with("maximum", maximum.map { .integer($0) })
  }

  /// - Parameters:
  ///   - format: `date-time`, `uuid`, `uri` …; says what it means, is not checked by every validator.
  ///   - pattern: a regular expression of ECMA 262, not anchored by itself.
  public static func string(format: String? = nil, pattern: String? = nil, lengthMax: Int? = nil) -> JSONSchema {
    JSONSchema(["type": "string"]).with("format", format.map { .string($0) })
      .with("pattern", pattern.map { .string($0) }).with("maxLength", lengthMax.map { .integer(Int64($0)) })
  }

  /// Bytes in base64.
  public static let base64 = JSONSchema(["type": "string", "contentEncoding": "base64"])

  /// One of these values.
  public static func enumeration(_ values: [JSON]) -> JSONSchema { JSONSchema(["enum": .array(values)]) }
  /// A list of items of one kind.
  public static func array(of items: JSONSchema) -> JSONSchema { JSONSchema(["type": "array", "items": items.json]) }
  /// An object with any names and values of one kind.
  public static func dictionary(of values: JSONSchema) -> JSONSchema {
    JSONSchema(["type": "object", "additionalProperties": values.json])
  }
  /// What the schema says, or null.
  public static func nullable(_ schema: JSONSchema) -> JSONSchema {
    JSONSchema(["anyOf": [schema.json, ["type": "null"]]])
  }
  /// What exactly one of these schemas says.
  public static func oneOf(_ schemas: [JSONSchema]) -> JSONSchema {
    JSONSchema(["oneOf": .array(schemas.map(\.json))])
  }

  /// Other members are allowed: a newer release may add some.
  /// - Parameter optional: the names of properties that may be missing.
  public static func object(_ properties: [String: JSONSchema], optional: Set<String> = []) -> JSONSchema {
    let required = properties.keys.filter { !optional.contains($0) }.sorted()
    let object = JSONSchema(["type": "object", "properties": .object(properties.mapValues(\.json))])
    return object.with("required", required.isEmpty ? nil : .array(required.map { .string($0) }))
  }

  /// An enum whose cases carry values, in the form that Swift derives: an object with the case's name as its only
  /// member. The values of a case are an object again; those without a label are named `_0`, `_1` ….
  public static func cases(_ cases: [String: JSONSchema]) -> JSONSchema {
    oneOf(cases.sorted { $0.key < $1.key }.map { object([$0.key: $0.value]).with("additionalProperties", false) })
  }

  /// A sentence for the reader.
  public func described(_ text: String) -> JSONSchema { with("description", .string(text)) }

  /// A value that fits. Types whose decoding checks what it reads must have one: see `SchemaDescribable`.
  public func example(_ value: JSON) -> JSONSchema { with("examples", [value]) }

  var example: JSON? {
    guard case .object(let members) = json, case .array(let examples)? = members["examples"] else { return nil }
    return examples.first
  }

  private func with(_ keyword: String, _ value: JSON?) -> JSONSchema {
    guard let value else { return self }
    return JSONSchema(json.merging([keyword: value]))
  }
}
