/// Why bytes are not a transaction, or a value cannot be one.
public enum TransactionError: Error, Hashable, Sendable, CustomStringConvertible {
  case badIdentifier(String)
  /// What cannot be read, and where.
  case malformed(String)
  /// Well formed, but with something that this code does not carry: signing it would sign the unread.
  case unsupported(String)

  /// Stable, for the API, logs and metrics.
  public var code: String {
    switch self {
    case .badIdentifier: "bad_identifier"
    case .malformed: "malformed_transaction"
    case .unsupported: "unsupported_transaction"
    }
  }

  public var description: String {
    switch self {
    case .badIdentifier(let value):
      "\(value) is not a transaction or block id; it has 32 bytes, written as 64 hexadecimal digits"
    case .malformed(let reason): "the bytes are not a TRON transaction: \(reason)"
    case .unsupported(let reason): "the transaction cannot be handled: \(reason)"
    }
  }
}
