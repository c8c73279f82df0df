import Contracts
import TronKit

/// A transfer that a solid block shows, before anybody has asked whom it is for.
struct TransferSeen: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    /// TRX by a TransferContract.
    case coin
    /// TRX that a contract has sent on.
    case byContract
    /// A Transfer log of the configured token.
    case token
  }

  let kind: Kind
  let txID: TransactionID
  /// The place among the receipt's logs, or among its internal transfers.
  let place: Int
  let from: TronAddress
  let to: TronAddress
  /// Sun or the token's unit; nil when it does not fit in 63 bits.
  let amount: Int64?

  /// Nothing moves, and anybody can make a token log it in anybody's name.
  var isZero: Bool { amount.map { $0 <= 0 } ?? false }

  /// The key under which it is taken once.
  var id: String {
    switch kind {
    case .coin: txID.hex
    case .byContract: "\(txID.hex)/internal/\(place)"
    case .token: "\(txID.hex)/\(place)"
    }
  }
}

/// What counts as a deposit, and what is passed over. A token is told by its contract, never by its name.
struct DepositRules: Sendable, Equatable {
  /// The token's contract on the network of the nodes.
  var token = USDT.mainnet
  /// Less is dust: dust is sent to fill histories with addresses that look alike.
  var sunMin: Int64 = 1_000_000
  var tokenMin: Int64 = 1_000_000

  enum Verdict: Sendable, Equatable {
    case deposit
    /// Between addresses of ours, however little.
    case own
    case held(DepositHeld.Reason)
    case zero
    case dust
  }

  func verdict(_ transfer: TransferSeen, isFromUs: Bool) -> Verdict {
    if transfer.isZero { return .zero }
    if isFromUs { return .own }
    guard let amount = transfer.amount else { return .held(.tooLarge) }
    if amount < (transfer.kind == .token ? tokenMin : sunMin) { return .dust }
    return transfer.kind == .byContract ? .held(.sentByContract) : .deposit
  }

  // MARK: - Reading a block

  /// Keccak-256 of `Transfer(address,address,uint256)`. An Approval has another.
  static let transferTopic: [UInt8] = [
    0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0, 0x68, 0xfc, 0x37, 0x8d, 0xaa, 0x95, 0x2b, 0xa7,
    0xf1, 0x63, 0xc4, 0xa1, 0x16, 0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef,
  ]

  /// Everything that took effect, in the block's order. What failed is in blocks too, and moves nothing.
  func transfers(in block: ChainBlock, receipts: [TransactionInfo]) -> [TransferSeen] {
    let byID = Dictionary(receipts.map { ($0.id, $0) }) { first, _ in first }
    let coins = block.transactions.compactMap { transaction in
      Self.took(transaction, byID[transaction.id]) ? Self.coin(transaction) : nil
    }
    return coins + receipts.filter(\.succeeded).flatMap { tokens(in: $0) + Self.byContract(in: $0) }
  }

  /// Whether a transaction took effect. Where the block does not say, its receipt does; where both say, both must.
  /// - Parameter receipt: nil where it was not read: then what the block does not say is taken for a failure.
  static func took(_ transaction: ChainTransaction, _ receipt: TransactionInfo?) -> Bool {
    if transaction.contractRet == ChainTransaction.unsaidResult { return receipt?.succeeded ?? false }
    return transaction.succeeded && (receipt?.succeeded ?? true)
  }

  private static func coin(_ transaction: ChainTransaction) -> TransferSeen? {
    let transfer: ChainTransfer?
    do throws(TransactionError) {
      transfer = try transaction.transfer()
    } catch {
      // The chain has taken it, so it is sound; of a kind that cannot be read here it is no transfer.
      return nil
    }
    return transfer.map {
      TransferSeen(
        kind: .coin, txID: transaction.id, place: 0, from: $0.from, to: $0.to, amount: $0.amount.value)
    }
  }

  private func tokens(in receipt: TransactionInfo) -> [TransferSeen] {
    receipt.logs.enumerated().compactMap { place, log in
      guard log.address == token, log.topics.count == 3, log.topics[0] == Self.transferTopic, log.data.count == 32,
        let from = Self.address(log.topics[1]), let to = Self.address(log.topics[2])
      else { return nil }
      return TransferSeen(
        kind: .token, txID: receipt.id, place: place, from: from, to: to, amount: Self.amount(log.data))
    }
  }

  private static func byContract(in receipt: TransactionInfo) -> [TransferSeen] {
    receipt.internalTransfers.enumerated().compactMap { place, transfer in
      transfer.isRejected
        ? nil
        : TransferSeen(
          kind: .byContract, txID: receipt.id, place: place, from: transfer.from, to: transfer.to,
          amount: transfer.amount.value)
    }
  }

  /// The last 20 of a word's 32 bytes.
  static func address(_ word: [UInt8]) -> TronAddress? {
    guard word.count == 32 else { return nil }
    do throws(TronAddressError) { return try TronAddress(evmBytes: Array(word.suffix(20))) } catch { return nil }
  }

  private static func amount(_ word: [UInt8]) -> Int64? {
    guard word.prefix(24).allSatisfy({ $0 == 0 }) else { return nil }
    return Int64(exactly: word.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }
}
