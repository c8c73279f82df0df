/// Tokens that have moved, as a TRC-20 contract's log says.
///
/// The log proves it only for a contract that is known: anybody can deploy one that calls itself Tether USD. Compare
/// `token` with the configured contract, and read receipts of solid blocks that `succeeded`.
public struct TokenTransfer: Hashable, Sendable {
  /// The contract that emitted the log.
  public let token: TronAddress
  /// Whose balance became less; the zero address where tokens were made.
  public let from: TronAddress
  /// Whose balance grew; the zero address where tokens were destroyed.
  public let to: TronAddress
  /// In the token's smallest unit. Zero is legal, and how histories are filled with lookalike addresses.
  public let amount: Int64

  /// Keccak-256 of `Transfer(address,address,uint256)`.
  public static let topic: [UInt8] = [
    0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0, 0x68, 0xfc, 0x37, 0x8d, 0xaa, 0x95, 0x2b, 0xa7,
    0xf1, 0x63, 0xc4, 0xa1, 0x16, 0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef,
  ]

  /// Reads a log. Nil for another event: an approval, or a transfer of a TRC-721 token, which has four topics.
  /// - Throws: `token_amount_too_large`, which names the amount; `abi_not_an_address`, `abi_malformed` for a log that
  ///   no TRC-20 contract writes.
  public init?(_ log: EventLog) throws(ABIError) {
    guard log.topics.count == 3, log.topics[0] == Self.topic else { return nil }
    token = log.address
    from = try ABIWord(bytes: log.topics[1]).address()
    to = try ABIWord(bytes: log.topics[2]).address()
    amount = try ABIWord(bytes: log.data).integer()
  }
}
