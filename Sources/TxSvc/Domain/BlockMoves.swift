import Contracts
import TronKit

/// What a solid block shows that could concern addresses of ours, before anybody has asked which are.
struct BlockMoves: Sendable, Equatable {
  /// A transaction, whatever it does.
  struct Act: Sendable, Equatable {
    let id: TransactionID
    /// Whose account acts, and pays the fee; nil where that cannot be read.
    let payer: TronAddress?
    /// All that was burned.
    let fee: Sun
    let succeeded: Bool
    /// TRX sent along with a call that took effect.
    let sent: TransferSeen?
  }

  /// What looks like money and is none. Only counted.
  struct Decoy: Sendable, Equatable {
    enum Kind: String, Sendable, CaseIterable {
      /// A Transfer log of another token, whatever it calls itself.
      case fake
      /// An Approval of the configured token: a permission, no money.
      case approval
      /// A transfer of TRX or the token that failed.
      case failed
    }

    let kind: Kind
    /// It counts where one of them is watched.
    let parties: [TronAddress]
  }

  /// Everything that moved, in the block's order.
  var transfers: [TransferSeen] = []
  var acts: [Act] = []
  var decoys: [Decoy] = []

  /// Who pays, is paid, or has paid a fee.
  var addresses: Set<TronAddress> {
    Set(transfers.flatMap { [$0.from, $0.to] })
      .union(acts.flatMap { act in [act.payer, act.sent?.to].compactMap { $0 } })
  }
}

extension DepositRules {
  /// Keccak-256 of `Approval(address,address,uint256)`.
  static let approvalTopic: [UInt8] = [
    0x8c, 0x5b, 0xe1, 0xe5, 0xeb, 0xec, 0x7d, 0x5b, 0xd1, 0x4f, 0x71, 0x42, 0x7d, 0x1e, 0x84, 0xf3, 0xdd, 0x03, 0x14,
    0xc0, 0xf7, 0xb2, 0x29, 0x1e, 0x5b, 0x20, 0x0a, 0xc8, 0xc7, 0xc3, 0xb9, 0x25,
  ]
  /// The first four bytes of Keccak-256 of `transfer(address,uint256)` and `transferFrom(address,address,uint256)`.
  private static let transferSelector: [UInt8] = [0xa9, 0x05, 0x9c, 0xbb]
  private static let transferFromSelector: [UInt8] = [0x23, 0xb8, 0x72, 0xdd]

  /// - Parameter receipts: those of all its transactions, or none: then there are no tokens, fees and decoys.
  func moves(in block: ChainBlock, receipts: [TransactionInfo]) -> BlockMoves {
    let byID = Dictionary(receipts.map { ($0.id, $0) }) { first, _ in first }
    var moves = BlockMoves()
    moves.transfers = transfers(in: block, receipts: receipts)
    for transaction in block.transactions {
      let receipt = byID[transaction.id]
      let content = Self.content(transaction)
      let succeeded = Self.took(transaction, receipt)
      let sent = succeeded ? content.flatMap { Self.sent(with: $0, transaction.id) } : nil
      moves.acts.append(
        BlockMoves.Act(
          id: transaction.id, payer: content?.owner, fee: receipt?.fee ?? .zero, succeeded: succeeded, sent: sent))
      if !succeeded, let to = content.flatMap({ receiver(of: $0) }) {
        moves.decoys.append(BlockMoves.Decoy(kind: .failed, parties: [to]))
      }
    }
    moves.decoys += receipts.filter(\.succeeded).flatMap { $0.logs.compactMap { decoy($0) } }
    return moves
  }

  private static func content(_ transaction: ChainTransaction) -> ChainContent? {
    // The chain has taken it, so it is sound; what cannot be read here is of no kind that moves TRX.
    do throws(TransactionError) { return try transaction.content() } catch { return nil }
  }

  private static func sent(with content: ChainContent, _ id: TransactionID) -> TransferSeen? {
    guard content.isCall, content.amount.value > 0, let from = content.owner, let to = content.to else { return nil }
    return TransferSeen(kind: .coin, txID: id, place: 0, from: from, to: to, amount: content.amount.value)
  }

  /// Whom a transfer of TRX or the token would have paid.
  private func receiver(of content: ChainContent) -> TronAddress? {
    if content.isTransfer { return content.to }
    guard content.isCall, content.to == token else { return nil }
    let words = content.data.dropFirst(4)
    switch Array(content.data.prefix(4)) {
    case Self.transferSelector: return Self.address(Array(words.prefix(32)))
    case Self.transferFromSelector: return Self.address(Array(words.dropFirst(32).prefix(32)))
    default: return nil
    }
  }

  private func decoy(_ log: EventLog) -> BlockMoves.Decoy? {
    guard log.topics.count == 3, let first = Self.address(log.topics[1]), let second = Self.address(log.topics[2])
    else { return nil }
    if log.topics[0] == Self.transferTopic, log.address != token {
      return BlockMoves.Decoy(kind: .fake, parties: [second])
    }
    if log.topics[0] == Self.approvalTopic, log.address == token {
      return BlockMoves.Decoy(kind: .approval, parties: [first, second])
    }
    return nil
  }
}
