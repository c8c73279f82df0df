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

/// One of a receipt's `internal_transactions`: also calls that move nothing, token transfers, and what a contract
/// stakes, lends or votes for, which names an amount and a receiver although no coins go there.
struct InternalTransferAnswer: Decodable {
  /// What java-tron notes where TRX goes from one account to another (Program.java); nothing in older blocks. Every
  /// other note is of stake, as `delegateResourceOfEnergy`, whose value is the stake behind what is lent.
  /// `withdrawExpireUnfreezeWhileSuiciding` tells a part of the `suicide` before it once more (Program.suicide adds it
  /// to that one's value).
  private static let payingNotes: Set = ["", "call", "create", "suicide"]

  struct Value: Decodable {
    var callValue: Int64?
    /// Of TRC-10; absent for TRX.
    var tokenId: String?
  }

  var caller_address: String?
  var transferTo_address: String?
  var callValueInfo: [Value]?
  var rejected: Bool?
  /// In hexadecimal; some gateways write it as it is.
  var note: String?

  /// nil where it is of a kind that moves no TRX. A node may leave those out (vm.saveFeaturedInternalTx), so they have
  /// no place among the others: a transfer's place is the same whatever node tells it.
  var transfer: InternalTransfer? {
    guard Self.payingNotes.contains(Self.words(note)) else { return nil }
    let amount = (callValueInfo ?? []).filter { $0.tokenId == nil }.compactMap(\.callValue).first { $0 > 0 }
    guard let amount, let from = Self.address(caller_address), let to = Self.address(transferTo_address) else {
      return nil
    }
    return InternalTransfer(from: from, to: to, amount: Sun(amount), isRejected: rejected ?? false)
  }

  private static func words(_ note: String?) -> String {
    guard let note, !payingNotes.contains(note) else { return note ?? "" }
    do throws(HexError) { return String(decoding: try Hex.decode(note), as: UTF8.self) } catch { return note }
  }

  /// Nodes write base58 or hexadecimal. What is no address is of no account.
  private static func address(_ text: String?) -> TronAddress? {
    guard let text else { return nil }
    do throws(TronAddressError) { return try TronAddress(parsing: text) } catch { return nil }
  }
}
