/// One word of a command: a name, a key, a number or any bytes.
public struct RedisWord: Sendable, Equatable {
  enum Storage: Sendable, Equatable {
    case text(String)
    case bytes([UInt8])
  }

  let storage: Storage

  public init(_ text: String) { storage = .text(text) }
  public init(_ bytes: [UInt8]) { storage = .bytes(bytes) }
  public init(_ number: Int) { storage = .text(String(number)) }
  public init(_ number: Int64) { storage = .text(String(number)) }

  /// As they are sent.
  public var bytes: [UInt8] {
    switch storage {
    case .text(let text): Array(text.utf8)
    case .bytes(let bytes): bytes
    }
  }

  /// Bytes on the wire, without the length header.
  var count: Int {
    switch storage {
    case .text(let text): text.utf8.count
    case .bytes(let bytes): bytes.count
    }
  }

  func append(to buffer: inout [UInt8]) {
    switch storage {
    case .text(let text): buffer.append(contentsOf: text.utf8)
    case .bytes(let bytes): buffer.append(contentsOf: bytes)
    }
  }
}

extension RedisWord: ExpressibleByStringLiteral {
  public init(stringLiteral value: String) { self.init(value) }
}

extension RedisWord: ExpressibleByIntegerLiteral {
  public init(integerLiteral value: Int) { self.init(value) }
}
