import CHiredis
import Glibc

/// One hiredis context: opened, used and freed by one thread, and given up after its first error, as hiredis demands.
///
/// Bytes are written here and not by hiredis, whose `write(2)` would raise SIGPIPE on a socket the server has closed.
struct RedisLink: ~Copyable {
  private let context: UnsafeMutablePointer<redisContext>

  /// Opens the socket. Talks to nobody yet: see `RedisWorker` for the greeting.
  init(_ configuration: RedisConfiguration) throws {
    let timeout = timeval(configuration.connectTimeout)
    let opened: UnsafeMutablePointer<redisContext>? =
      switch configuration.address {
      case .unix(let path): redisConnectUnixWithTimeout(path, timeout)
      case .tcp(let host, let port): redisConnectWithTimeout(host, Int32(port), timeout)
      }
    guard let opened else { throw RedisError(.connection, "No memory for a connection to \(configuration.address).") }
    guard opened.pointee.err == 0 else {
      let code: RedisError.Code = errno == ETIMEDOUT ? .timeout : .connection
      defer { redisFree(opened) }
      throw RedisError(code, "\(configuration.address) cannot be reached: \(Self.reason(opened)).")
    }
    redisSetTimeout(opened, timeval(configuration.replyTimeout))
    if case .tcp = configuration.address { redisEnableKeepAlive(opened) }
    context = opened
  }

  deinit { redisFree(context) }

  var socket: Int32 { context.pointee.fd }

  /// With nothing in flight a readable socket means that the server hung up (or talks out of turn).
  var isStale: Bool {
    var byte: UInt8 = 0
    let count = recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    return count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
  }

  func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      var sent = 0
      while sent < buffer.count {
        let count = Glibc.send(socket, base + sent, buffer.count - sent, Int32(MSG_NOSIGNAL))
        if count >= 0 {
          sent += count
        } else if errno == EAGAIN || errno == EWOULDBLOCK {
          throw RedisError(.timeout, "Redis took no bytes within the reply timeout.")
        } else if errno != EINTR {
          throw RedisError(.connection, "Sending failed: \(String(cString: strerror(errno))).")
        }
      }
    }
  }

  /// Blocks until the next reply, at most the reply timeout.
  func read() throws -> RedisValue {
    var reply: UnsafeMutableRawPointer?
    guard redisGetReply(context, &reply) == REDIS_OK, let reply else { throw failure() }
    defer { freeReplyObject(reply) }
    return Self.value(reply.assumingMemoryBound(to: redisReply.self))
  }

  private func failure() -> RedisError {
    let reason = Self.reason(context)
    switch context.pointee.err {
    case REDIS_ERR_IO where errno == EAGAIN || errno == EWOULDBLOCK || errno == ETIMEDOUT:
      return RedisError(.timeout, "Redis did not answer within the reply timeout.")
    case REDIS_ERR_PROTOCOL: return RedisError(.protocolViolation, "The reply cannot be read: \(reason).")
    default: return RedisError(.connection, "The connection broke: \(reason).")
    }
  }

  private static func reason(_ context: UnsafeMutablePointer<redisContext>) -> String {
    withUnsafeBytes(of: context.pointee.errstr) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// hiredis refuses replies nested deeper than 7, which bounds the recursion.
  private static func value(_ reply: UnsafeMutablePointer<redisReply>) -> RedisValue {
    switch reply.pointee.type {
    case REDIS_REPLY_INTEGER: return .integer(reply.pointee.integer)
    case REDIS_REPLY_STRING: return .bulk(Array(bytes(reply)))
    case REDIS_REPLY_STATUS: return .simple(String(decoding: bytes(reply), as: UTF8.self))
    case REDIS_REPLY_ERROR: return .error(RedisServerError(message: String(decoding: bytes(reply), as: UTF8.self)))
    case REDIS_REPLY_ARRAY:
      let elements = UnsafeBufferPointer(start: reply.pointee.element, count: reply.pointee.elements)
      return .array(elements.map { element in element.map(value) ?? .null })
    default: return .null
    }
  }

  private static func bytes(_ reply: UnsafeMutablePointer<redisReply>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len)
  }
}

extension timeval {
  init(_ duration: Duration) {
    let parts = duration.components
    // Zero means "for ever" to the kernel, so the shortest wait is a millisecond.
    let micros = max(1_000, parts.seconds * 1_000_000 + parts.attoseconds / 1_000_000_000_000)
    self.init(tv_sec: Int(micros / 1_000_000), tv_usec: Int(micros % 1_000_000))
  }
}
