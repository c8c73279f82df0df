/// A reply.
public enum RedisValue: Sendable, Equatable {
  case null
  case integer(Int64)
  case simple(String)
  case bulk([UInt8])
  case array([RedisValue])
  case error(RedisServerError)

  /// The text of a simple or bulk reply; nil for anything else and for bytes that are not UTF-8.
  public var string: String? {
    switch self {
    case .simple(let text): text
    case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
    default: nil
    }
  }

  /// The bytes of a string; nil when it is something else.
  public var bytes: [UInt8]? {
    switch self {
    case .simple(let text): Array(text.utf8)
    case .bulk(let bytes): bytes
    default: nil
    }
  }

  /// An integer reply, or the digits of a simple or bulk one.
  public var int: Int64? {
    switch self {
    case .integer(let number): number
    case .simple, .bulk: string.flatMap { Int64($0) }
    default: nil
    }
  }

  /// The items of an array; nil when it is something else.
  public var array: [RedisValue]? {
    if case .array(let values) = self { values } else { nil }
  }

  /// Whether it is a null.
  public var isNull: Bool { self == .null }

  /// The value itself, or the error reply as a thrown error.
  public func get() throws -> RedisValue {
    if case .error(let error) = self { throw error }
    return self
  }
}
