import BusKit
import Foundation
import TronKit

/// Somebody has paid to a watched address, and the block is solid: nothing can take it back. Told once for each
/// `txID` (TRX) or `txID` and `logIndex` (a token).
public struct DepositFound: Event {
  public static let messageType = "tx.DepositFound"
  public static let topic = Topic.txEvents
  public let address: TronAddress
  public let from: TronAddress
  /// The token's contract; nil for TRX.
  public let token: TronAddress?
  /// Sun, or the token's smallest unit (micro-USDT).
  public let amount: Int64
  public let txID: TransactionID
  /// The log's place in the transaction's receipt, from 0; nil for TRX.
  public let logIndex: Int?
  public let blockNumber: Int64
  public let blockTime: Date
  /// Counts what was told of this address.
  public let seq: Int64
  public var aggregate: String { address.base58 }
  public init(
    address: TronAddress, from: TronAddress, token: TronAddress?, amount: Int64, txID: TransactionID, logIndex: Int?,
    blockNumber: Int64, blockTime: Date, seq: Int64
  ) {
    self.address = address
    self.from = from
    self.token = token
    self.amount = amount
    self.txID = txID
    self.logIndex = logIndex
    self.blockNumber = blockNumber
    self.blockTime = blockTime
    self.seq = seq
  }
}

/// Something has reached a watched address, solid, that is not credited without a person's judgement. Told once for
/// each `txID` and `place`.
public struct DepositHeld: Event {
  public enum Reason: String, Codable, Sendable, CaseIterable {
    /// TRX that a contract has sent on: its true sender is not known.
    case sentByContract = "sent_by_contract"
    /// More than fits in 63 bits.
    case tooLarge = "too_large"
  }

  public static let messageType = "tx.DepositHeld"
  public static let topic = Topic.txEvents
  public let address: TronAddress
  public let from: TronAddress
  /// The token's contract; nil for TRX.
  public let token: TronAddress?
  /// nil where it is too large to be told.
  public let amount: Int64?
  public let reason: Reason
  public let txID: TransactionID
  /// Of a token the log's place in the transaction's receipt, of TRX its place among the receipt's internal transfers,
  /// from 0; nil from releases that did not tell it.
  public let place: Int?
  public let blockNumber: Int64
  public let blockTime: Date
  /// Counts what was told of this address, together with DepositFound.
  public let seq: Int64
  public var aggregate: String { address.base58 }
  public init(
    address: TronAddress, from: TronAddress, token: TronAddress?, amount: Int64?, reason: Reason, txID: TransactionID,
    place: Int? = nil, blockNumber: Int64, blockTime: Date, seq: Int64
  ) {
    self.address = address
    self.from = from
    self.token = token
    self.amount = amount
    self.reason = reason
    self.txID = txID
    self.place = place
    self.blockNumber = blockNumber
    self.blockTime = blockTime
    self.seq = seq
  }
}

/// No deposit to these addresses is missed from this block on. Only then may they be shown to anybody.
public struct AddressesWatched: Event {
  public static let messageType = "tx.AddressesWatched"
  public static let topic = Topic.txEvents
  public let addresses: [TronAddress]
  /// Of addresses that were watched before, this may be later than what was told of them first.
  public let fromBlock: Int64
  public let seq: Int64
  public var aggregate: String { "watch" }
  public init(addresses: [TronAddress], fromBlock: Int64, seq: Int64) {
    self.addresses = addresses
    self.fromBlock = fromBlock
    self.seq = seq
  }
}

/// What was kept of a solid block is not what a node shows of it now. The block is read again at once.
public struct ChainRecordDiffers: Event {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Another block has the number.
    case block
    /// Another count of transactions.
    case transactions
    /// A deposit or a transaction of ours was missed.
    case findings
  }

  public static let messageType = "tx.ChainRecordDiffers"
  public static let topic = Topic.txEvents
  public let blockNumber: Int64
  public let kind: Kind
  /// What was kept, and what the node says: a block's id, a count, or transaction ids.
  public let kept: String
  public let seen: String
  public let seq: Int64
  public var aggregate: String { "chain record" }
  public init(blockNumber: Int64, kind: Kind, kept: String, seen: String, seq: Int64) {
    self.blockNumber = blockNumber
    self.kind = kind
    self.kept = kept
    self.seen = seen
    self.seq = seq
  }
}

/// A transaction that was settled as dead stands in a solid block all the same: a node has said what was not so. If it
/// has lent something, an operator has it taken back (ReclaimStray); published once more with `settledAt` then.
public struct StrayTransactionFound: Event {
  public static let messageType = "tx.StrayTransactionFound"
  public static let topic = Topic.txEvents
  public let order: OrderID
  public let txID: TransactionID
  public let supplier: TronAddress
  public let receiver: TronAddress
  public let stake: Sun
  /// False: it has taken something back.
  public let isDelegation: Bool
  /// Whether it had an effect.
  public let isEffective: Bool
  public let blockNumber: Int64
  /// When its leg counted again, to be taken back as any other; nil as long as it does not.
  public let settledAt: Date?
  public let seq: Int64
  public var aggregate: String { txID.hex }
  /// Whether sun is lent that no row accounts for.
  public var isOpen: Bool { isDelegation && isEffective && settledAt == nil }
  public init(
    order: OrderID, txID: TransactionID, supplier: TronAddress, receiver: TronAddress, stake: Sun, isDelegation: Bool,
    isEffective: Bool, blockNumber: Int64, settledAt: Date? = nil, seq: Int64
  ) {
    self.order = order
    self.txID = txID
    self.supplier = supplier
    self.receiver = receiver
    self.stake = stake
    self.isDelegation = isDelegation
    self.isEffective = isEffective
    self.blockNumber = blockNumber
    self.settledAt = settledAt
    self.seq = seq
  }
}

extension Service {
  /// For readers of tx.events that have no use for what the chain shows beside their orders.
  public mutating func ignoresChainRecords() {
    ignore(DepositFound.self)
    ignore(DepositHeld.self)
    ignore(AddressesWatched.self)
    ignore(ChainRecordDiffers.self)
    ignore(StrayTransactionFound.self)
    ignore(ReclaimOverdue.self)
    ignore(OwnTransactionFound.self)
  }
}
