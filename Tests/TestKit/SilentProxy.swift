import Foundation
import Synchronization

/// Stands between clients and a server, on unix sockets, and loses their bytes when told to, while every connection
/// stands: a network that fails half-way. What has lost a byte stays silent for good.
public final class SilentProxy: Sendable {
  private struct State {
    var isSilent = false
    var isStuck = false
    var roundTrips = 0
    var accepted = 0
    var open: Set<Int32> = []
  }

  /// A folder of its own, with the socket that clients connect to.
  public let folder: String
  public let path: String
  private let upstream: String
  private let listener: Int32
  private let state = Mutex(State())

  /// How often a client spoke after its server had answered, or for the first time.
  public var roundTrips: Int { state.withLock { $0.roundTrips } }

  /// How many connections were made through it.
  public var accepted: Int { state.withLock { $0.accepted } }

  /// - Parameters:
  ///   - name: of the socket.
  ///   - upstream: the server's socket.
  public init(name: String, upstream: String) throws {
    let folder = try TemporaryFolder.make("silent")
    self.folder = folder
    path = "\(folder)/\(name)"
    self.upstream = upstream
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let descriptor = listener
    guard
      descriptor >= 0,
      try Self.with(path, { bind(descriptor, $0, $1) == 0 && listen(descriptor, 128) == 0 })
    else {
      throw TestKitError("the proxy cannot listen on \(path): \(errno)")
    }
    Thread { [self] in acceptAll() }.start()
  }

  /// From here on no byte passes, and connections are still accepted.
  public func fallSilent() { state.withLock { $0.isSilent = true } }

  /// From here on it reads nothing that clients send: their sockets fill up.
  public func stopReading() { state.withLock { $0.isStuck = true } }

  /// New connections pass again.
  public func recover() { state.withLock { $0.isSilent = false } }

  /// A Postgres' connection string, by way of this proxy.
  public func conninfo(_ direct: String) -> String {
    direct.split(separator: " ").map { $0.hasPrefix("host=") ? "host=\(folder)" : String($0) }.joined(separator: " ")
  }

  public func stop() throws {
    let open = state.withLock { $0.open }
    shutdown(listener, Int32(SHUT_RDWR))
    for descriptor in open { shutdown(descriptor, Int32(SHUT_RDWR)) }
    try FileManager.default.removeItem(atPath: folder)
  }

  private static func with<T>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> T
  ) throws -> T {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw TestKitError("\(path) is too long for a socket")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return try withUnsafePointer(to: &address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  private func acceptAll() {
    while true {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { break }
      let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      state.withLock { state in
        state.accepted += 1
        state.open.formUnion([client, server])
      }
      Thread { [self] in
        do {
          if try Self.with(upstream, { connect(server, $0, $1) == 0 }) { pass(client, server) }
        } catch {
          // The client sees its connection end.
        }
        state.withLock { $0.open.subtract([client, server]) }
        close(client)
        close(server)
      }.start()
    }
    close(listener)
  }

  /// Returns when either side has ended.
  private func pass(_ client: Int32, _ server: Int32) {
    var isDeaf = false
    var lastFrom = 1
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      var pair = [
        pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: server, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&pair, 2, -1) > 0 || errno == EINTR else { return }
      if state.withLock({ $0.isStuck }) {
        // Only the end of either side is of interest.
        for index in pair.indices { pair[index].events = 0 }
        guard poll(&pair, 2, 50) == 0 else { return }
        continue
      }
      for (from, to) in [(0, server), (1, client)] where pair[from].revents != 0 {
        let count = recv(pair[from].fd, &buffer, buffer.count, 0)
        guard count > 0 else { return }
        if from == 0, lastFrom == 1 { state.withLock { $0.roundTrips += 1 } }
        lastFrom = from
        if state.withLock({ $0.isSilent }) { isDeaf = true }
        guard !isDeaf else { continue }
        var sent = 0
        while sent < count {
          let step = buffer[sent..<count].withUnsafeBytes { send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
          guard step > 0 else { return }
          sent += step
        }
      }
    }
  }
}
