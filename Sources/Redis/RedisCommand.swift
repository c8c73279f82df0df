/// A command, already in the protocol's form: the caller's thread pays for the encoding, not the connection's.
///
/// Commands that change how replies arrive (`SUBSCRIBE`, `MONITOR`, `CLIENT REPLY OFF`) do not fit a
/// connection that expects one reply per command; do not send them.
public struct RedisCommand: Sendable {
  /// The largest command that is sent. Redis takes 512 MiB; nothing here comes near.
  public static let byteLimit = 64 * 1024 * 1024

  let bytes: [UInt8]
  let isEmpty: Bool

  public init(_ words: RedisWord...) { self.init(words) }

  public init(_ words: [RedisWord]) {
    var buffer: [UInt8] = []
    buffer.reserveCapacity(words.reduce(16) { $0 + $1.count + 16 })
    Self.appendHeader("*", words.count, to: &buffer)
    for word in words {
      Self.appendHeader("$", word.count, to: &buffer)
      word.append(to: &buffer)
      buffer.append(UInt8(ascii: "\r"))
      buffer.append(UInt8(ascii: "\n"))
    }
    bytes = buffer
    isEmpty = words.isEmpty
  }

  private static func appendHeader(_ mark: Unicode.Scalar, _ number: Int, to buffer: inout [UInt8]) {
    buffer.append(UInt8(ascii: mark))
    buffer.append(contentsOf: String(number).utf8)
    buffer.append(UInt8(ascii: "\r"))
    buffer.append(UInt8(ascii: "\n"))
  }

  /// Redis answers nothing to an empty command, which would shift every later reply by one.
  func validate() throws {
    guard !isEmpty else { throw RedisError(.invalidArgument, "A command needs at least its name; it has no word.") }
    guard bytes.count <= Self.byteLimit else {
      throw RedisError(
        .invalidArgument,
        "A command of \(bytes.count) bytes exceeds the limit of \(Self.byteLimit). Send less at once.")
    }
  }
}
