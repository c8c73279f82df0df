/// Why a command has no reply. Whether it was carried out is unknown unless the code says otherwise.
public struct RedisError: Error, Sendable, CustomStringConvertible {
  /// What went wrong, for programs.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code's name.
    public let description: String

    /// The server cannot be reached, refused the credentials, or went away before it answered.
    public static let connection = Code(description: "connection")
    /// No answer within the configuration's `replyTimeout`, or no connection within its `connectTimeout`.
    public static let timeout = Code(description: "timeout")
    /// The bytes received are not the protocol.
    public static let protocolViolation = Code(description: "protocol_violation")
    /// The connection was closed by its owner.
    public static let closed = Code(description: "closed")
    /// `queueLimit` commands wait already; this one was not sent.
    public static let queueFull = Code(description: "queue_full")
    /// The argument cannot be sent or read; nothing was sent.
    public static let invalidArgument = Code(description: "invalid_argument")
  }

  /// What went wrong, for programs.
  public let code: Code
  /// What went wrong, for people.
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { "Redis \(code): \(message)" }
}
