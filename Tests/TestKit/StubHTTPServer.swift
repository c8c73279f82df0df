import Foundation
import Synchronization

/// A small web server on a free port of the loopback, each connection on a thread of its own. Ends with `stop`.
public final class StubHTTPServer: Sendable {
  public struct Request: Sendable {
    public var method = ""
    /// Path and query.
    public var target = ""
    /// Names in lower case.
    public var headers: [String: String] = [:]
    public var body: [UInt8] = []

    public var text: String { String(decoding: body, as: UTF8.self) }
  }

  public enum Reply: Sendable {
    case answer(status: Int = 200, headers: [(String, String)] = [], body: [UInt8] = [])
    /// Closes the connection without an answer.
    case hangUp
    /// Answers nothing and waits until the client closes.
    case silence

    public static func text(_ text: String, status: Int = 200) -> Reply {
      .answer(status: status, headers: [("Content-Type", "application/json")], body: Array(text.utf8))
    }
  }

  public struct Seen: Sendable {
    public var requests: [Request] = []
    public var connections = 0
    /// Connections that the client closed while it had no answer.
    public var abandoned = 0
    public var open: Set<Int32> = []
    public var openMost = 0
    public var isStopped = false
  }

  public struct Failure: Error {
    public let call: String
    public let number = errno
  }

  public let port: Int
  private let listener: Int32
  private let handler: @Sendable (Request) -> Reply
  private let state = Mutex(Seen())

  public var seen: Seen { state.withLock { $0 } }
  public var url: String { "http://127.0.0.1:\(port)" }

  public init(_ handler: @escaping @Sendable (Request) -> Reply) throws {
    self.handler = handler
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard listener >= 0 else { throw Failure(call: "socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = listener
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && listen(descriptor, 128) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard bound else { throw Failure(call: "bind") }
    port = Int(UInt16(bigEndian: address.sin_port))
    let thread = Thread { [self] in acceptAll() }
    thread.start()
  }

  public func stop() {
    let open = state.withLock { state in
      state.isStopped = true
      return state.open
    }
    shutdown(listener, Int32(SHUT_RDWR))
    for descriptor in open { shutdown(descriptor, Int32(SHUT_RDWR)) }
  }

  private func acceptAll() {
    while true {
      let descriptor = accept(listener, nil, nil)
      guard descriptor >= 0 else { break }
      let isStopped = state.withLock { state in
        state.connections += 1
        state.open.insert(descriptor)
        state.openMost = max(state.openMost, state.open.count)
        return state.isStopped
      }
      if isStopped { shutdown(descriptor, Int32(SHUT_RDWR)) }
      Thread { [self] in serve(descriptor) }.start()
    }
    close(listener)
  }

  private func serve(_ descriptor: Int32) {
    var buffer: [UInt8] = []
    while let request = next(descriptor, &buffer) {
      state.withLock { $0.requests.append(request) }
      guard carryOut(handler(request), descriptor, request) else { break }
    }
    state.withLock { _ = $0.open.remove(descriptor) }
    close(descriptor)
  }

  /// False where the connection is to be closed.
  private func carryOut(_ reply: Reply, _ descriptor: Int32, _ request: Request) -> Bool {
    switch reply {
    case .hangUp: return false
    case .silence:
      var byte: UInt8 = 0
      if recv(descriptor, &byte, 1, 0) <= 0 { state.withLock { if !$0.isStopped { $0.abandoned += 1 } } }
      return false
    case .answer(let status, let headers, let body):
      var head = "HTTP/1.1 \(status) Status\r\nContent-Length: \(body.count)\r\n"
      for (name, value) in headers { head += "\(name): \(value)\r\n" }
      let bytes = Array((head + "\r\n").utf8) + (request.method == "HEAD" ? [] : body)
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
          send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return false }
        sent += count
      }
      return true
    }
  }

  private func next(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Request? {
    let end = Array("\r\n\r\n".utf8)
    var headEnd = buffer.firstRange(of: end)
    while headEnd == nil {
      guard receive(descriptor, &buffer) else { return nil }
      headEnd = buffer.firstRange(of: end)
    }
    guard let headEnd else { return nil }
    let lines = String(decoding: buffer[..<headEnd.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ").map(String.init)
    guard words.count == 3 else { return nil }
    var request = Request(method: words[0], target: words[1])
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      request.headers[parts[0].lowercased()] = parts.count > 1 ? parts[1] : ""
    }
    buffer.removeSubrange(..<headEnd.upperBound)
    let length = Int(request.headers["content-length"] ?? "0") ?? 0
    while buffer.count < length {
      guard receive(descriptor, &buffer) else { return nil }
    }
    request.body = Array(buffer.prefix(length))
    buffer.removeFirst(length)
    return request
  }

  private func receive(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else { return false }
    buffer += chunk.prefix(count)
    return true
  }
}

/// Waits until a condition holds, at most 10 s.
public func becomesTrue(_ condition: @Sendable () -> Bool) async throws -> Bool {
  let deadline = ContinuousClock.now + .seconds(10)
  while ContinuousClock.now < deadline {
    if condition() { return true }
    try await Task.sleep(for: .milliseconds(2))
  }
  return condition()
}
