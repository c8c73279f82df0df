/// Why there is no response. Names at most `scheme://host:port`: paths, queries and headers carry tokens.
public struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Hashable, Sendable {
    /// No connection, or it broke before the response was complete.
    case connection
    /// The whole exchange took longer than the request allowed.
    case timeout
    /// The response passed the request's `bodyLimit`, or its headers 64 KiB.
    case bodyTooLarge = "body_too_large"
    /// Not an absolute http(s) URL, or one with a user name in it.
    case invalidURL = "invalid_url"
    /// A method or header that cannot be sent.
    case invalidRequest = "invalid_request"
    /// Certificate or handshake.
    case tls
    /// The task was cancelled or the client closed.
    case cancelled
    /// The client already has as many requests as it accepts.
    case overloaded
  }

  public let code: Code
  public let message: String
  /// False only when it is certain that the server has not received the request, so that it may be sent again.
  public let mayHaveBeenSent: Bool

  public init(_ code: Code, _ message: String, mayHaveBeenSent: Bool = false) {
    self.code = code
    self.message = message
    self.mayHaveBeenSent = mayHaveBeenSent
  }

  public var description: String { "http \(code.rawValue): \(message)" }
}
