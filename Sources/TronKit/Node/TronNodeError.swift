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
    /// The node judged the request itself wrong; another node would say the same.
    case invalid
    /// The node does not offer this call, by its configuration or as a lite node, or lacks the blocks for it.
    case unsupported
    /// This program's own budget of requests for the node is used up; nothing was sent.
    case overBudget = "over_budget"
    /// Not the JSON it should be, or more of it than is taken.
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
    let code: Code =
      switch error.code {
      case .timeout: .timeout
      case .bodyTooLarge: .malformed
      default: .unreachable
      }
    self.init(code, error.message, mayHaveBeenSent: error.mayHaveBeenSent)
  }

  /// Whether the error speaks against the node. Of a request that is wrong, a call it does not offer, a block that is
  /// not there yet or our own budget it does not.
  public var blamesNode: Bool {
    switch code {
    case .unreachable, .timeout, .rateLimited, .refused, .malformed: true
    case .invalid, .unsupported, .overBudget, .notFound, .noNode: false
    }
  }

  /// Whether the node was asked and has not got what was wanted, or cannot give it: to wait for it brings nothing.
  public var isLacking: Bool {
    switch code {
    case .unsupported, .notFound, .malformed: true
    case .unreachable, .timeout, .rateLimited, .refused, .invalid, .overBudget, .noNode: false
    }
  }

  public var description: String { "tron node \(code.rawValue): \(message)" }
}
