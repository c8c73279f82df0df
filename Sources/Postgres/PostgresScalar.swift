import Foundation

/// The parameter for one property: a plain value where the type is one, JSON otherwise.
enum PostgresScalar {
  static func value<T: Encodable>(_ value: T) throws -> PostgresValue {
    switch value {
    case let text as String: return .text(text)
    case let number as Int64: return .int(number)
    case let number as Int: return .int(Int64(number))
    case let flag as Bool: return .bool(flag)
    case let uuid as UUID: return .uuid(uuid)
    case let date as Date: return .timestamp(date)
    case let data as Data: return .bytes(Array(data))
    // The type is asked first: an empty array of anything casts to `[UInt8]`.
    case let bytes as [UInt8] where T.self == [UInt8].self: return .bytes(bytes)
    case let number as Double: return .double(number)
    case let number as Float: return .double(Double(number))
    case let number as any FixedWidthInteger: return .int(try int64(number))
    default: return try probe(value)
    }
  }

  /// Lets the type encode itself: what asks for a single value is one, what asks for keys or a list is JSON.
  private static func probe<T: Encodable>(_ value: T) throws -> PostgresValue {
    let capture = ScalarCapture()
    do {
      try value.encode(to: ScalarEncoding(capture: capture))
    } catch is NotScalar {
      return .json(try PostgresJSON.text(value))
    }
    if capture.isStructured { return .json(try PostgresJSON.text(value)) }
    guard let scalar = capture.value else {
      throw PostgresError(.encoding, "\(T.self) encoded nothing, so there is no value for its column.")
    }
    return scalar
  }

  private static func int64(_ number: any FixedWidthInteger) throws -> Int64 {
    guard let exact = Int64(exactly: number) else {
      throw PostgresError(.encoding, "\(number) does not fit bigint.")
    }
    return exact
  }
}

/// Thrown by containers that a single value has no use for.
struct NotScalar: Error {}

final class ScalarCapture {
  var value: PostgresValue?
  var isStructured = false
}

private struct ScalarEncoding: Encoder {
  let capture: ScalarCapture
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    capture.isStructured = true
    return KeyedEncodingContainer(RefusingKeyedContainer())
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    capture.isStructured = true
    return RefusingContainer()
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { ScalarSink(capture: capture) }
}

struct ScalarSink: SingleValueEncodingContainer {
  let capture: ScalarCapture
  var codingPath: [any CodingKey] { [] }

  func encodeNil() { capture.value = .null }
  func encode<T: Encodable>(_ value: T) throws { capture.value = try PostgresScalar.value(value) }
}
