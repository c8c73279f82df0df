import Foundation

/// A parameter. It travels as text of unknown type, so the server gives it the type its place asks for; where there is
/// none, write a cast (`unnest($1::bigint[])`). Bytes alone travel as they are: their place must be bytea or bytea[].
public enum PostgresValue: Sendable, Equatable {
  case null
  case text(String)
  case int(Int64)
  case double(Double)
  case bool(Bool)
  case bytes([UInt8])
  case uuid(UUID)
  /// `timestamptz`, rounded to microseconds, years 1 to 9999.
  case timestamp(Date)
  case json(String)
  case textArray([String])
  case uuidArray([UUID])
  case intArray([Int64])
  /// For `$1::bytea[]`.
  case bytesArray([[UInt8]])
  /// One dimension of plain values, nulls as well, for any type: `unnest($1::timestamptz[])`.
  case array([PostgresValue])

  /// A whole number.
  public static func int(_ value: Int) -> PostgresValue { .int(Int64(value)) }

  /// How a value travels.
  enum Form { case null, text, binary }

  /// Appends the value as the server is to get it; a text ends with a NUL, null has nothing to append.
  func append(to buffer: inout [UInt8]) throws -> Form {
    switch self {
    case .null: return .null
    case .bytes(let bytes):
      buffer.append(contentsOf: bytes)
      return .binary
    case .bytesArray(let items):
      try PostgresBinary.append(items, to: &buffer)
      return .binary
    case .text(let text), .json(let text): try PostgresText.append(text, to: &buffer)
    case .int(let number): PostgresText.append(number, to: &buffer)
    case .double(let number): buffer.append(contentsOf: PostgresText.number(number).utf8)
    case .bool(let flag): buffer.append(flag ? UInt8(ascii: "t") : UInt8(ascii: "f"))
    case .uuid(let uuid): PostgresText.append(uuid, to: &buffer)
    case .timestamp(let date): try PostgresTimestamp.append(date, to: &buffer)
    case .textArray(let items): try PostgresArrayText.append(items, to: &buffer, PostgresArrayText.append(quoting:to:))
    case .uuidArray(let items): PostgresArrayText.append(items, to: &buffer) { PostgresText.append($0, to: &$1) }
    case .intArray(let items): PostgresArrayText.append(items, to: &buffer) { PostgresText.append($0, to: &$1) }
    case .array(let items): try PostgresArrayText.append(items, to: &buffer) { try $0.appendItem(to: &$1) }
    }
    buffer.append(0)
    return .text
  }

  /// The value inside an array literal.
  private func appendItem(to buffer: inout [UInt8]) throws {
    switch self {
    case .null: buffer.append(contentsOf: "NULL".utf8)
    case .text(let text), .json(let text): try PostgresArrayText.append(quoting: text, to: &buffer)
    case .bytes(let bytes):
      // The hex form begins with a backslash, which a quoted item doubles.
      buffer.append(contentsOf: #""\"#.utf8)
      PostgresText.appendHex(bytes, to: &buffer)
      buffer.append(UInt8(ascii: "\""))
    case .timestamp(let date):
      buffer.append(UInt8(ascii: "\""))
      try PostgresTimestamp.append(date, to: &buffer)
      buffer.append(UInt8(ascii: "\""))
    case .int, .double, .bool, .uuid:
      _ = try append(to: &buffer)
      buffer.removeLast()
    case .textArray, .uuidArray, .intArray, .bytesArray, .array:
      throw PostgresError(.encoding, "An array inside an array cannot be sent; pass one dimension.")
    }
  }
}

extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
}
