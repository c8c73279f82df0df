/// What is known after a transaction was sent to one node.
public enum BroadcastOutcome: Hashable, Sendable {
  /// The node took it into its pool. Not more: it may still never enter a block.
  case accepted
  case rejected(code: BroadcastCode, message: String)
  /// No answer, or none that can be read: the node may have it.
  case unknown(reason: String)

  /// Whether this node certainly refused the transaction before it took it, so that it cannot take effect through this
  /// sending. Everything else means that the node may have it.
  public var definitivelyRejected: Bool {
    guard case .rejected(let code, _) = self else { return false }
    return code.isDefinitive
  }
}

/// java-tron's `response_code`.
public struct BroadcastCode: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }

  public static let signature = BroadcastCode(rawValue: "SIGERROR")
  public static let contractValidate = BroadcastCode(rawValue: "CONTRACT_VALIDATE_ERROR")
  public static let contractExecute = BroadcastCode(rawValue: "CONTRACT_EXE_ERROR")
  /// Spelled so by the protocol.
  public static let bandwidth = BroadcastCode(rawValue: "BANDWITH_ERROR")
  public static let duplicate = BroadcastCode(rawValue: "DUP_TRANSACTION_ERROR")
  public static let tapos = BroadcastCode(rawValue: "TAPOS_ERROR")
  public static let tooBig = BroadcastCode(rawValue: "TOO_BIG_TRANSACTION_ERROR")
  public static let expired = BroadcastCode(rawValue: "TRANSACTION_EXPIRATION_ERROR")
  public static let busy = BroadcastCode(rawValue: "SERVER_BUSY")
  public static let noConnection = BroadcastCode(rawValue: "NO_CONNECTION")
  public static let fewConnections = BroadcastCode(rawValue: "NOT_ENOUGH_EFFECTIVE_CONNECTION")
  public static let unsolidified = BroadcastCode(rawValue: "BLOCK_UNSOLIDIFIED")
  public static let other = BroadcastCode(rawValue: "OTHER_ERROR")

  /// The codes that a node gives after judging the transaction itself. A code that this program does not know is
  /// not one of them.
  public var isDefinitive: Bool {
    [.signature, .contractValidate, .contractExecute, .bandwidth, .tapos, .tooBig, .expired].contains(self)
  }

  public var description: String { rawValue }
}

/// The JSON of `broadcasthex`. Gateways leave out `result` when it is false and `code` when it is SUCCESS.
struct BroadcastAnswer: Decodable {
  var result: Bool?
  var code: String?
  var message: String?

  var outcome: BroadcastOutcome {
    let message = NodeText.readable(message ?? "")
    switch (result ?? false, code) {
    case (true, nil), (true, "SUCCESS"): return .accepted
    case (false, let code?) where code != "SUCCESS":
      return .rejected(code: BroadcastCode(rawValue: code), message: message)
    default: return .unknown(reason: "the node answered result \(result ?? false), code \(code ?? "none") \(message)")
    }
  }
}
