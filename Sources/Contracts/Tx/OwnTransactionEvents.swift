import BusKit
import Foundation
import TronKit

/// A solid transaction has moved money of ours: away from a watched address, between addresses of ours, or as a fee
/// that a watched address has paid, also for a transaction that failed. Told once for each `txID`, whatever is read
/// again.
///
/// Each move is told in one place: what strangers pay to a watched address is DepositFound or DepositHeld and not in
/// here, even where the same transaction moves money of ours too. What tx-svc has signed for supplier wallets
/// (delegations and reclaims) is told by its own events.
public struct OwnTransactionFound: Event {
  /// Money that has moved. Zero amounts are left out: anybody can make a token log them in our name.
  public struct Transfer: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
      /// TRX by the transaction itself.
      case coin
      /// TRX that a contract has sent on.
      case byContract = "by_contract"
      /// A Transfer log of the configured token.
      case token
    }

    public let kind: Kind
    public let from: TronAddress
    public let to: TronAddress
    /// The token's contract; nil for TRX.
    public let token: TronAddress?
    /// Sun, or the token's smallest unit (micro-USDT); above zero. nil where it is too large to be told.
    public let amount: Int64?
    /// Among the receipt's logs, or its internal transfers, from 0; 0 for the transaction itself.
    public let place: Int
    public let isFromWatched: Bool
    public let isToWatched: Bool
    /// Whether it is a wallet of the pool. It may be watched as well.
    public let isFromSupplier: Bool
    public let isToSupplier: Bool
    public init(
      kind: Kind, from: TronAddress, to: TronAddress, token: TronAddress?, amount: Int64?, place: Int,
      isFromWatched: Bool, isToWatched: Bool, isFromSupplier: Bool, isToSupplier: Bool
    ) {
      self.kind = kind
      self.from = from
      self.to = to
      self.token = token
      self.amount = amount
      self.place = place
      self.isFromWatched = isFromWatched
      self.isToWatched = isToWatched
      self.isFromSupplier = isFromSupplier
      self.isToSupplier = isToSupplier
    }
  }

  public static let messageType = "tx.OwnTransactionFound"
  public static let topic = Topic.txEvents
  /// More are told in several events, which share everything but the transfers and the fee.
  public static let transfersMax = 100

  public let txID: TransactionID
  /// Who has paid the fee: a watched address or a wallet of the pool; nil where it was a stranger.
  public let payer: TronAddress?
  public let isPayerWatched: Bool
  /// All that was burned of the payer's TRX: bandwidth, energy, activation and whatever else. Zero without a payer, and
  /// in every part but the first: the sum over the parts is what was paid.
  public let fee: Sun
  /// Those that take from an address of ours, in the chain's order. Empty for a transaction that failed.
  public let transfers: [Transfer]
  public let succeeded: Bool
  public let blockNumber: Int64
  public let blockTime: Date
  /// From 1 to `parts`.
  public let part: Int
  public let parts: Int
  public var seq: Int64 { Int64(part) }
  public var aggregate: String { txID.hex }
  public init(
    txID: TransactionID, payer: TronAddress?, isPayerWatched: Bool, fee: Sun, transfers: [Transfer], succeeded: Bool,
    blockNumber: Int64, blockTime: Date, part: Int, parts: Int
  ) {
    self.txID = txID
    self.payer = payer
    self.isPayerWatched = isPayerWatched
    self.fee = fee
    self.transfers = transfers
    self.succeeded = succeeded
    self.blockNumber = blockNumber
    self.blockTime = blockTime
    self.part = part
    self.parts = parts
  }
}
