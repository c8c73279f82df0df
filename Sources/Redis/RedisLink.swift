import CHiredis
import Glibc

/// One hiredis context: opened, used and freed by one thread, and given up after its first error, as hiredis demands.
///
/// Bytes are written here and not by hiredis, whose `write(2)` would raise SIGPIPE on a socket the server has closed;
/// and received here, in larger pieces than its own. hiredis reads the protocol, into a table.
final class RedisLink {
  private let context: UnsafeMutablePointer<redisContext>
  private let table: UnsafeMutablePointer<redisTable>
  private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
  private let input: UnsafeMutableRawBufferPointer
  /// What was received and not yet given to hiredis.
  private var received: Range<Int> = 0..<0

  private static let inputBytes = 128 * 1024
  /// hiredis moves what is left of its buffer to the front with every small reply: it gets little at a time.
  private static let feedBytes = 16 * 1024
  /// More memory than this is not kept for the next reply.
  private static let keptBytes = 4 * 1024 * 1024

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
    table = .allocate(capacity: 1)
    table.initialize(to: redisTable())
    functions = .allocate(capacity: 1)
    functions.initialize(to: redisReplyObjectFunctions())
    redisTableAttach(opened.pointee.reader, table, functions)
    opened.pointee.reader.pointee.maxbuf = Self.inputBytes
    input = .allocate(byteCount: Self.inputBytes, alignment: 16)
  }

  deinit {
    redisFree(context)
    redisTableFree(table)
    table.deallocate()
    functions.deallocate()
    input.deallocate()
  }

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

  /// Blocks until so many replies are there, each at most the reply timeout after the one before.
  func read(_ count: Int) throws -> RedisReplies {
    redisTableReset(table, Self.keptBytes)
    let reader: UnsafeMutablePointer<redisReader> = context.pointee.reader
    var complete = 0
    while complete < count {
      var reply: UnsafeMutableRawPointer?
      guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw unreadable(reader) }
      if reply != nil {
        complete += 1
      } else {
        if received.isEmpty { try receive() }
        let piece = received.prefix(Self.feedBytes)
        guard redisReaderFeed(reader, input.baseAddress?.advanced(by: piece.lowerBound), piece.count) == REDIS_OK else {
          throw unreadable(reader)
        }
        received = piece.upperBound..<received.upperBound
      }
    }
    return RedisReplies(table.pointee, count: count)
  }

  private func receive() throws {
    while true {
      let count = recv(socket, input.baseAddress, input.count, 0)
      if count > 0 {
        received = 0..<count
        return
      }
      if count == 0 { throw RedisError(.connection, "The connection broke: the server closed it.") }
      switch errno {
      case EINTR: continue
      case EAGAIN, EWOULDBLOCK, ETIMEDOUT:
        throw RedisError(.timeout, "Redis did not answer within the reply timeout.")
      default: throw RedisError(.connection, "The connection broke: \(String(cString: strerror(errno))).")
      }
    }
  }

  private func unreadable(_ reader: UnsafeMutablePointer<redisReader>) -> RedisError {
    let reason = withUnsafeBytes(of: reader.pointee.errstr) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return RedisError(.protocolViolation, "The reply cannot be read: \(reason).")
  }

  private static func reason(_ context: UnsafeMutablePointer<redisContext>) -> String {
    withUnsafeBytes(of: context.pointee.errstr) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
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
