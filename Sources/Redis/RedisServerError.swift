/// An error reply: the server is well and refuses this command.
public struct RedisServerError: Error, Sendable, Equatable {
  /// As Redis sent it.
  public let message: String

  public init(message: String) { self.message = message }

  /// The first word, which names the kind: `NOGROUP`, `BUSYGROUP`, `UNBLOCKED`, `OOM`, `NOSCRIPT`, `ERR`, …
  public var prefix: String {
    String(message.prefix { $0 != " " })
  }
}

extension RedisServerError: CustomStringConvertible {
  public var description: String { "Redis refused the command: \(message)" }
}
