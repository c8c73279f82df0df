import Foundation

/// Derives JSON Schemas from `Codable` types: it runs their `init(from:)` with made-up values and notes what they ask
/// for. So a schema cannot drift from the code that reads the message.
///
/// A type with `init(from:)` of its own that takes different paths for different values is seen on one path only; let
/// it conform to `SchemaDescribable`.
public final class SchemaGenerator {
  /// The schemas of all named types met so far, by name.
  public private(set) var definitions: [String: JSONSchema] = [:]

  private let prefix: String
  private var names: [ObjectIdentifier: String] = [:]
  private var values: [ObjectIdentifier: Any] = [:]
  private var inProgress: Set<ObjectIdentifier> = []

  /// - Parameter prefix: where the document keeps `definitions`, as a JSON pointer with a slash at its end.
  public init(prefix: String = "#/definitions/") { self.prefix = prefix }

  /// The schema of a type; for a named type a reference to its definition.
  /// - Throws: `SchemaError` with the type that could not be described and what it needs.
  public func schema<T: Decodable>(of type: T.Type) throws -> JSONSchema {
    // A type that holds itself, in an array say.
    if inProgress.contains(ObjectIdentifier(type)) { return try reference(to: type) }
    return try record(type).schema
  }

  /// The schema with a value of the type, for the `init(from:)` that asked for one.
  func record<T: Decodable>(_ type: T.Type) throws -> (schema: JSONSchema, value: T) {
    let identity = ObjectIdentifier(type)
    if let leaf = Self.leaves[identity], let value = leaf.value as? T { return (leaf.schema, value) }
    if let container = type as? any SchemaContainer.Type, let value = container.empty as? T {
      return (try container.schema(from: self), value)
    }
    if let value = values[identity] as? T { return (try reference(to: type), value) }
    guard inProgress.insert(identity).inserted else { throw SchemaError(type, "holds itself without end") }
    defer { inProgress.remove(identity) }
    let (schema, value) = try define(type)
    let reference = try reference(to: type)
    definitions[try name(of: type)] = schema
    values[identity] = value
    return (reference, value)
  }

  private func define<T: Decodable>(_ type: T.Type) throws -> (JSONSchema, T) {
    if let describable = type as? any SchemaDescribable.Type {
      let schema = describable.jsonSchema
      guard let example = schema.example else { throw SchemaError(type, "its jsonSchema needs an example") }
      return (schema, try MessageCoder.decode(type, from: try MessageCoder.encode(example)))
    }
    if let (words, value) = rawValues(of: type) { return (.enumeration(words), value) }
    let node = SchemaNode()
    do {
      let value = try T(from: SchemaRecorder(node: node, generator: self))
      return (node.schema, value)
    } catch let error as SchemaError {
      throw error
    } catch {
      throw SchemaError(
        type, "refused made-up values (\(error)); conform it to CaseIterable if it is an enum with raw values, "
          + "otherwise to SchemaDescribable")
    }
  }

  /// The raw values of an enum's cases, with the first case.
  private func rawValues<T>(of type: T.Type) -> (words: [JSON], first: T)? {
    func all<C: CaseIterable>(_ type: C.Type) -> [Any] { type.allCases.map { $0 } }
    func word<R: RawRepresentable>(_ value: R) -> JSON? {
      switch value.rawValue {
      case let text as String: .string(text)
      case let number as any BinaryInteger: Int64(exactly: number).map { .integer($0) }
      default: nil
      }
    }
    guard let iterable = type as? any CaseIterable.Type, type is any RawRepresentable.Type else { return nil }
    let cases = all(iterable)
    let words = cases.compactMap { ($0 as? any RawRepresentable).flatMap { word($0) } }
    guard let first = cases.first as? T, words.count == cases.count else { return nil }
    return (words, first)
  }

  // MARK: - Names

  private func reference(to type: Any.Type) throws -> JSONSchema {
    JSONSchema(["$ref": .string(prefix + (try name(of: type)))])
  }

  /// The type's name without its module: `OrderView`, `UserInput.Kind`.
  private func name(of type: Any.Type) throws -> String {
    if let known = names[ObjectIdentifier(type)] { return known }
    let full = String(reflecting: type)
    let short = full.split(separator: ".", maxSplits: 1).last.map { String($0) } ?? full
    let name = String(short.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") ? $0 : "_" })
    guard !names.values.contains(name) else { throw SchemaError(type, "two types are named \(name); rename one") }
    names[ObjectIdentifier(type)] = name
    return name
  }

  // MARK: - Leaves

  private static let leaves: [ObjectIdentifier: (schema: JSONSchema, value: any Sendable)] = [
    ObjectIdentifier(Bool.self): (.boolean, false),
    ObjectIdentifier(String.self): (.string(), ""),
    ObjectIdentifier(Double.self): (.number, 0.0),
    ObjectIdentifier(Float.self): (.number, Float(0)),
    ObjectIdentifier(Decimal.self): (.number, Decimal(0)),
    ObjectIdentifier(Int.self): (.integer(), 0),
    ObjectIdentifier(Int64.self): (.integer(), Int64(0)),
    ObjectIdentifier(Int32.self): (.integer(format: "int32"), Int32(0)),
    ObjectIdentifier(Int16.self): (.integer(format: "int32", minimum: -32_768, maximum: 32_767), Int16(0)),
    ObjectIdentifier(Int8.self): (.integer(format: "int32", minimum: -128, maximum: 127), Int8(0)),
    ObjectIdentifier(UInt.self): (.integer(minimum: 0), UInt(0)),
    ObjectIdentifier(UInt64.self): (.integer(minimum: 0), UInt64(0)),
    ObjectIdentifier(UInt32.self): (.integer(minimum: 0, maximum: 4_294_967_295), UInt32(0)),
    ObjectIdentifier(UInt16.self): (.integer(format: "int32", minimum: 0, maximum: 65_535), UInt16(0)),
    ObjectIdentifier(UInt8.self): (.integer(format: "int32", minimum: 0, maximum: 255), UInt8(0)),
    ObjectIdentifier(Date.self): (.string(format: "date-time"), Date(timeIntervalSince1970: 0)),
    ObjectIdentifier(Data.self): (.base64, Data()),
    ObjectIdentifier(UUID.self): (.string(format: "uuid"), UUID.v7(milliseconds: 0)),
    ObjectIdentifier(URL.self): (.string(format: "uri"), URL(filePath: "/")),
  ]
}

/// A type of which no schema can be made.
public struct SchemaError: Error, CustomStringConvertible {
  /// The Swift type that cannot be described.
  public let type: String
  /// What is in the way, and the remedy.
  public let reason: String
  public var description: String { "no JSON Schema of \(type): \(reason)" }

  init(_ type: Any.Type, _ reason: String) {
    self.type = String(reflecting: type)
    self.reason = reason
  }
}
