import HTTPClient

/// Why a node, or an index over one, gave no usable answer. Names the host at most, never a path or key.
public struct TronNodeError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Hashable, Sendable {
    /// No connection, a broken one, or TLS trouble.
    case unreachable
    case timeout
    /// The node asks to be left alone for `retryAfter`.
    case rateLimited = "rate_limited"
    /// The node answered with an error of its own.
    case refused
    /// Not the JSON it should be.
    case malformed
    case notFound = "not_found"
    /// No node of a pool may be asked.
    case noNode = "no_node"
  }

  public let code: Code
  public let message: String
  public let retryAfter: Duration?
  /// False only when it is certain that the node has not received the request.
  public let mayHaveBeenSent: Bool

  public init(_ code: Code, _ message: String, retryAfter: Duration? = nil, mayHaveBeenSent: Bool = true) {
    self.code = code
    self.message = message
    self.retryAfter = retryAfter
    self.mayHaveBeenSent = mayHaveBeenSent
  }

  init(_ error: HTTPError) {
    self.init(
      error.code == .timeout ? .timeout : .unreachable, error.message, mayHaveBeenSent: error.mayHaveBeenSent)
  }

  public var description: String { "tron node \(code.rawValue): \(message)" }
}
