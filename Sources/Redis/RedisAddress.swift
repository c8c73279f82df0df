import Foundation

/// Where a Redis server listens.
public enum RedisAddress: Sendable, Equatable {
  case unix(path: String)
  case tcp(host: String, port: Int)

  /// Reads `unix:/path/to/socket` or `redis://host:port` (port 6379 if left out, IPv6 hosts in brackets).
  ///
  /// Credentials do not belong in an address, because addresses reach logs: `redis://user:secret@…` is refused.
  /// - Throws: `RedisError` with code `.invalidArgument`.
  public init(parsing text: String) throws {
    if text.hasPrefix("unix:") {
      self = try .unix(path: Self.socketPath(text.dropFirst("unix:".count)))
      return
    }
    guard text.hasPrefix("redis://") else { throw Self.unreadable("an address of an unknown kind") }
    var rest = text.dropFirst("redis://".count)
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    guard !rest.contains("@") else { throw Self.unreadable("an address with credentials in it") }
    let (host, port) = Self.split(rest)
    guard !host.isEmpty, !host.contains("/") else { throw Self.unreadable("an address without a usable host") }
    guard let number = Int(port), (1...65_535).contains(number) else {
      throw Self.unreadable("port \"\(port)\", which is not between 1 and 65535")
    }
    self = .tcp(host: host, port: number)
  }

  /// A socket's path must fit `sockaddr_un` (108 bytes with its final NUL).
  private static func socketPath(_ text: Substring) throws -> String {
    var path = text
    while path.hasPrefix("//") { path = path.dropFirst() }
    guard path.hasPrefix("/") else { throw unreadable("socket path \"\(path)\", which is not absolute") }
    guard path.utf8.count <= 107 else { throw unreadable("a socket path longer than 107 bytes") }
    return String(path)
  }

  private static func split(_ text: Substring) -> (host: String, port: String) {
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      let port = text[text.index(after: end)...]
      return (String(text[text.index(after: text.startIndex)..<end]), port.isEmpty ? "6379" : String(port.dropFirst()))
    }
    guard let colon = text.lastIndex(of: ":") else { return (String(text), "6379") }
    return (String(text[..<colon]), String(text[text.index(after: colon)...]))
  }

  private static func unreadable(_ what: String) -> RedisError {
    RedisError(.invalidArgument, "The Redis address holds \(what). Write unix:/path/to/socket or redis://host:port.")
  }
}

extension RedisAddress: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unix(let path): "unix:\(path)"
    case .tcp(let host, let port): host.contains(":") ? "redis://[\(host)]:\(port)" : "redis://\(host):\(port)"
    }
  }
}
