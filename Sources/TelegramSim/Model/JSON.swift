import Foundation

/// A JSON value. The Bot API takes the same parameter as text, number or object, so parameters and answers are kept as
/// values of this type instead of one struct per method.
enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case double(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  /// Parses UTF-8 JSON text; throws `DecodingError` when it is none.
  init(parsing data: Data) throws {
    self = try JSONDecoder().decode(JSON.self, from: data)
  }

  /// The compact text of this value, keys sorted, so that equal values give equal text.
  func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }

  subscript(key: String) -> JSON? {
    if case .object(let fields) = self { fields[key] } else { nil }
  }

  var text: String? { if case .string(let value) = self { value } else { nil } }
  var items: [JSON]? { if case .array(let value) = self { value } else { nil } }
  var fields: [String: JSON]? { if case .object(let value) = self { value } else { nil } }

  /// The value as a whole number; text such as `"42"` counts, as it does for Telegram.
  var int: Int? {
    switch self {
    case .integer(let value): value
    case .double(let value): Int(exactly: value)
    case .string(let value): Int(value)
    default: nil
    }
  }

  /// The value as a truth value; Telegram takes `true`, `yes` and `1` in any case as true.
  var flag: Bool? {
    switch self {
    case .bool(let value): value
    case .integer(let value): value != 0
    case .string(let value): ["true", "yes", "1"].contains(value.lowercased())
    default: nil
    }
  }

  /// An object without the keys whose value is nil.
  static func object(compact fields: [String: JSON?]) -> JSON {
    .object(fields.compactMapValues { $0 })
  }
}

extension JSON: Codable {
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = Self.attempt({ try container.decode(String.self) }) {
      self = .string(value)
    } else if let value = Self.attempt({ try container.decode(Int.self) }) {
      self = .integer(value)
    } else if let value = Self.attempt({ try container.decode([String: JSON].self) }) {
      self = .object(value)
    } else if let value = Self.attempt({ try container.decode(Bool.self) }) {
      self = .bool(value)
    } else if let value = Self.attempt({ try container.decode([JSON].self) }) {
      self = .array(value)
    } else {
      self = .double(try container.decode(Double.self))
    }
  }

  /// Decoding by trial: a failure means "another type", and the last trial's error is the one reported.
  private static func attempt<Value>(_ decode: () throws -> Value) -> Value? {
    do { return try decode() } catch { return nil }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .double(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  init(stringLiteral value: String) { self = .string(value) }
  init(integerLiteral value: Int) { self = .integer(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(arrayLiteral elements: JSON...) { self = .array(elements) }
  init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
  }
}
