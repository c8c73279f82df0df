/// Why bytes are not what a smart contract's interface says.
public enum ABIError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The decimal number, which needs more than the 63 bits that amounts have here.
  case doesNotFit(String)
  /// The word as 64 digits.
  case notAnAddress(String)
  /// What was expected, and what is there.
  case malformed(String)

  /// Stable, for the API, logs and metrics.
  public var code: String {
    switch self {
    case .doesNotFit: "token_amount_too_large"
    case .notAnAddress: "abi_not_an_address"
    case .malformed: "abi_malformed"
    }
  }

  public var description: String {
    switch self {
    case .doesNotFit(let number):
      "the token amount \(number) does not fit 63 bits (9223372036854775807); it must be handled by hand"
    case .notAnAddress(let word): "the word \(word) is no address: only its last 20 bytes may be other than zero"
    case .malformed(let reason): "the bytes do not follow the contract's interface: \(reason)"
    }
  }
}
