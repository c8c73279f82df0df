/// TRX that a contract has sent on while a transaction ran. The block's transactions do not show it.
public struct InternalTransfer: Hashable, Sendable {
  /// The contract.
  public let from: TronAddress
  public let to: TronAddress
  public let amount: Sun
  /// Where it was undone, nothing has moved.
  public let isRejected: Bool

  public init(from: TronAddress, to: TronAddress, amount: Sun, isRejected: Bool) {
    self.from = from
    self.to = to
    self.amount = amount
    self.isRejected = isRejected
  }
}

/// One of a receipt's `internal_transactions`: also calls that move nothing, and token transfers.
struct InternalTransferAnswer: Decodable {
  struct Value: Decodable {
    var callValue: Int64?
    /// Of TRC-10; absent for TRX.
    var tokenId: String?
  }

  var caller_address: String?
  var transferTo_address: String?
  var callValueInfo: [Value]?
  var rejected: Bool?

  /// nil where it moves no TRX.
  var transfer: InternalTransfer? {
    let amount = (callValueInfo ?? []).filter { $0.tokenId == nil }.compactMap(\.callValue).first { $0 > 0 }
    guard let amount, let from = Self.address(caller_address), let to = Self.address(transferTo_address) else {
      return nil
    }
    return InternalTransfer(from: from, to: to, amount: Sun(amount), isRejected: rejected ?? false)
  }

  /// Nodes write base58 or hexadecimal. What is no address is of no account.
  private static func address(_ text: String?) -> TronAddress? {
    guard let text else { return nil }
    do throws(TronAddressError) { return try TronAddress(parsing: text) } catch { return nil }
  }
}
