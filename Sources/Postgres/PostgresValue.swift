import Foundation

/// A parameter. It travels as text of unknown type, so the server gives it the type its place asks for; where there is
/// none, write a cast (`unnest($1::bigint[])`).
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

  public static func int(_ value: Int) -> PostgresValue { .int(Int64(value)) }

  /// Appends the value's text and a NUL; false for null, which has no text.
  func append(to buffer: inout [UInt8]) throws -> Bool {
    switch self {
    case .null: return false
    case .text(let text), .json(let text): try PostgresText.append(text, to: &buffer)
    case .int(let number): buffer.append(contentsOf: String(number).utf8)
    case .double(let number): buffer.append(contentsOf: PostgresText.number(number).utf8)
    case .bool(let flag): buffer.append(flag ? UInt8(ascii: "t") : UInt8(ascii: "f"))
    case .bytes(let bytes): PostgresText.appendHex(bytes, to: &buffer)
    case .uuid(let uuid): buffer.append(contentsOf: uuid.uuidString.utf8)
    case .timestamp(let date): buffer.append(contentsOf: try PostgresTimestamp.text(date).utf8)
    case .textArray(let items): try PostgresArrayText.append(items, to: &buffer)
    case .uuidArray(let items):
      buffer.append(contentsOf: "{\(items.map(\.uuidString).joined(separator: ","))}".utf8)
    case .intArray(let items):
      buffer.append(contentsOf: "{\(items.map { String($0) }.joined(separator: ","))}".utf8)
    }
    buffer.append(0)
    return true
  }
}

extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
}
