import CHiredis

/// The replies of a pipeline as they came: one block of bytes and a table of what is where. Reading them makes no
/// object for an element; a stream's thousand entries cost two allocations.
public struct RedisReplies: Sendable {
  struct Token: Sendable {
    let kind: Int32
    /// Bytes of a text, elements of an array.
    let count: Int32
    /// Where a text begins; the value of an integer.
    let value: Int64
  }

  let bytes: [UInt8]
  let tokens: [Token]
  /// How many replies there are.
  public let count: Int

  /// Bytes of all texts.
  public var byteCount: Int { bytes.count }

  init(_ table: redisTable, count: Int) {
    let texts = UnsafeRawBufferPointer(start: table.bytes, count: table.byteCount)
    bytes = [UInt8](texts)
    tokens = UnsafeBufferPointer(start: table.tokens, count: table.tokenCount).withMemoryRebound(to: Token.self) {
      Array($0)
    }
    self.count = count
  }

  /// At the first reply.
  public var cursor: RedisCursor { RedisCursor(replies: self, position: 0) }

  /// The replies as trees of values, in order.
  func values() -> [RedisValue] {
    var cursor = cursor
    return (0..<count).map { _ in cursor.value() }
  }
}

/// A place in a pipeline's replies. Elements are read in order; an array's follow it.
///
/// What is read from behind the end is null.
public struct RedisCursor: Sendable {
  let replies: RedisReplies
  private(set) var position: Int

  init(replies: RedisReplies, position: Int) {
    self.replies = replies
    self.position = position
  }

  private var token: RedisReplies.Token? {
    position < replies.tokens.count ? replies.tokens[position] : nil
  }

  /// Does not step.
  public var isNull: Bool { (token?.kind ?? REDIS_REPLY_NIL) == REDIS_REPLY_NIL }

  /// Steps into an array and returns the number of its elements; steps over anything else and returns nil.
  public mutating func array() -> Int? {
    guard let token, token.kind == REDIS_REPLY_ARRAY else {
      skip()
      return nil
    }
    position += 1
    return Int(token.count)
  }

  /// Steps over one text; nil for anything else, which is stepped over as well. The closure must not keep the bytes.
  @inline(__always)
  public mutating func text<T>(_ body: (UnsafeBufferPointer<UInt8>) throws -> T) rethrows -> T? {
    guard let token, token.kind == REDIS_REPLY_STRING || token.kind == REDIS_REPLY_STATUS else {
      skip()
      return nil
    }
    position += 1
    let (start, count) = (Int(token.value), Int(token.count))
    return try replies.bytes.withUnsafeBufferPointer { bytes in
      try body(UnsafeBufferPointer(rebasing: bytes[start..<start + count]))
    }
  }

  /// Steps over one text; nil for anything else and for bytes that are not UTF-8.
  public mutating func string() -> String? {
    // `text` gives nil twice over: no text, or no UTF-8.
    text { String(validating: $0, as: UTF8.self) } ?? nil
  }

  /// Passes over one reply, whatever it is.
  public mutating func skip() {
    var left = 1
    while left > 0, let token {
      left += token.kind == REDIS_REPLY_ARRAY ? Int(token.count) - 1 : -1
      position += 1
    }
  }

  /// The element as a tree. hiredis refuses replies nested deeper than 7, which bounds the recursion.
  public mutating func value() -> RedisValue {
    guard let token else { return .null }
    switch token.kind {
    case REDIS_REPLY_INTEGER:
      position += 1
      return .integer(token.value)
    case REDIS_REPLY_STRING: return .bulk(text { Array($0) } ?? [])
    case REDIS_REPLY_STATUS: return .simple(text { String(decoding: $0, as: UTF8.self) } ?? "")
    case REDIS_REPLY_ERROR:
      position += 1
      return .error(error(token))
    case REDIS_REPLY_ARRAY:
      position += 1
      return .array((0..<Int(token.count)).map { _ in value() })
    default:
      position += 1
      return .null
    }
  }

  /// Throws the element if it is an error reply; does not step.
  public func check() throws {
    if let token, token.kind == REDIS_REPLY_ERROR { throw error(token) }
  }

  private func error(_ token: RedisReplies.Token) -> RedisServerError {
    let start = Int(token.value)
    return RedisServerError(
      message: String(decoding: replies.bytes[start..<start + Int(token.count)], as: UTF8.self))
  }
}
