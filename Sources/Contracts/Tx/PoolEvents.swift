import BusKit
import Foundation
import TronKit

/// A supplier wallet was enabled, disabled or is being drained, or has been drained: then it is disabled and
/// `isDrained`.
public struct SupplierStateChanged: Event {
  public static let messageType = "tx.SupplierStateChanged"
  public static let topic = Topic.txEvents
  public let address: TronAddress
  public let state: SupplierState
  /// It was draining, and nothing of ours is lent by it any more.
  public let isDrained: Bool
  public let seq: Int64
  public var aggregate: String { address.base58 }
  public init(address: TronAddress, state: SupplierState, isDrained: Bool, seq: Int64) {
    self.address = address
    self.state = state
    self.isDrained = isDrained
    self.seq = seq
  }
}

/// What the chain says a wallet has lent is not what our rows say, twice in solid state; published once, and once more
/// with `settledAt` when they agree again. Nothing is changed because of it: a person decides.
public struct LedgerDiffers: Event {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// The chain lends to a receiver for whom we have no leg: somebody else signs for this wallet.
    case unknownDelegation = "unknown_delegation"
    /// We have legs that the chain does not show: somebody else took them back.
    case missingDelegation = "missing_delegation"
    /// Both lend to the receiver, but not as much.
    case amount
    /// The wallet's total, whatever the receivers.
    case walletTotal = "wallet_total"
  }
  public static let messageType = "tx.LedgerDiffers"
  public static let topic = Topic.txEvents
  public let kind: Kind
  public let wallet: TronAddress
  /// nil for the wallet's total.
  public let receiver: TronAddress?
  /// What our rows say; where transactions were on their way, the nearest to the chain that they allow.
  public let ours: Sun
  public let chain: Sun
  /// When it was first seen.
  public let since: Date
  /// When they agreed again; nil as long as they do not.
  public let settledAt: Date?
  public let seq: Int64
  public var aggregate: String { receiver.map { "\(wallet.base58)/\($0.base58)" } ?? wallet.base58 }
  public init(
    kind: Kind, wallet: TronAddress, receiver: TronAddress?, ours: Sun, chain: Sun, since: Date, settledAt: Date?,
    seq: Int64
  ) {
    self.kind = kind
    self.wallet = wallet
    self.receiver = receiver
    self.ours = ours
    self.chain = chain
    self.since = since
    self.settledAt = settledAt
    self.seq = seq
  }
}

/// Parameters of the network have changed since they were last read.
public struct ChainParametersChanged: Event {
  public struct Change: Codable, Sendable, Equatable {
    /// java-tron's name, e.g. `getEnergyFee`, or `TotalEnergyWeight`.
    public let name: String
    public let old: Int64
    public let new: Int64
    public init(name: String, old: Int64, new: Int64) {
      self.name = name
      self.old = old
      self.new = new
    }
  }
  public static let messageType = "tx.ChainParametersChanged"
  public static let topic = Topic.txEvents
  public let changes: [Change]
  /// A fee, a limit or a delay is another, or the network's stake moved by more than the configured share at once.
  public let isJump: Bool
  public let readAt: Date
  public let seq: Int64
  public var aggregate: String { "chain" }
  public init(changes: [Change], isJump: Bool, readAt: Date, seq: Int64) {
    self.changes = changes
    self.isJump = isJump
    self.readAt = readAt
    self.seq = seq
  }
}
