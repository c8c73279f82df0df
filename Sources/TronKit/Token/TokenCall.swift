/// What is asked of a TRC-20 token. Amounts are in the token's smallest unit: 1 USDT is 1,000,000.
public enum TokenCall: Hashable, Sendable {
  /// Moves tokens of the caller.
  case transfer(to: TronAddress, amount: Int64)
  /// Reads how many tokens an account holds; the answer is one word.
  case balance(of: TronAddress)

  /// The first four bytes of Keccak-256 of the signature.
  private static let transferSelector: [UInt8] = [0xa9, 0x05, 0x9c, 0xbb]
  private static let balanceSelector: [UInt8] = [0x70, 0xa0, 0x82, 0x31]

  /// The function as Solidity names it, such as `transfer(address,uint256)`.
  public var signature: String {
    switch self {
    case .transfer: "transfer(address,uint256)"
    case .balance: "balanceOf(address)"
    }
  }

  /// The arguments in words, without the selector: the `parameter` of `triggerconstantcontract`.
  /// - Throws: `abi_malformed` for a negative amount.
  public func parameter() throws(ABIError) -> [UInt8] {
    switch self {
    case .transfer(let to, let amount): ABIWord(to).bytes + (try ABIWord(amount)).bytes
    case .balance(let owner): ABIWord(owner).bytes
    }
  }

  /// The `data` of a `SmartContractCall`.
  /// - Throws: `abi_malformed` for a negative amount.
  public func data() throws(ABIError) -> [UInt8] {
    switch self {
    case .transfer: Self.transferSelector + (try parameter())
    case .balance: Self.balanceSelector + (try parameter())
    }
  }

  /// Reads the data of a call. Nil for another function. What was called says nothing about whether tokens moved: for
  /// that read the log (`TokenTransfer`).
  /// - Throws: `ABIError` when the arguments are not those of the function, or the amount does not fit.
  public init?(decoding data: [UInt8]) throws(ABIError) {
    let arguments = data.dropFirst(4)
    switch Array(data.prefix(4)) {
    case Self.transferSelector:
      let words = try Self.words(2, arguments)
      self = .transfer(to: try words[0].address(), amount: try words[1].integer())
    case Self.balanceSelector:
      self = .balance(of: try Self.words(1, arguments)[0].address())
    default: return nil
    }
  }

  private static func words(_ count: Int, _ bytes: ArraySlice<UInt8>) throws(ABIError) -> [ABIWord] {
    let words = try ABIWord.words(of: bytes)
    guard words.count == count else { throw .malformed("the function has \(count) arguments, not \(words.count)") }
    return words
  }
}
