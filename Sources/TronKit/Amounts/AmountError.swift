/// Why an amount cannot be computed or read.
public enum AmountError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The result does not fit 64 bits.
  case overflow(String)
  case invalid(String)

  /// Stable, for the API, logs and metrics.
  public var code: String {
    switch self {
    case .overflow: "amount_overflow"
    case .invalid: "invalid_amount"
    }
  }

  public var description: String {
    switch self {
    case .overflow(let operation): "\(operation) does not fit 64 bits; use a smaller amount"
    case .invalid(let text):
      "\(text.prefix(40).debugDescription) is not an amount of TRX; write digits with at most 6 decimals, such as 12.5"
    }
  }
}
