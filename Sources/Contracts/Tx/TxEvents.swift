import BusKit
import Foundation
import TronKit

/// One delegation of an order. Large orders have several, from several wallets.
public struct DelegationLeg: Codable, Sendable, Equatable {
  public let supplier: TronAddress
  public let txID: TransactionID
  public let energy: Energy
  /// What the transaction carries: staked TRX, not energy.
  public let stake: Sun
  public let blockNumber: Int64?
  public let blockTime: Date?
  public init(
    supplier: TronAddress, txID: TransactionID, energy: Energy, stake: Sun, blockNumber: Int64?, blockTime: Date?
  ) {
    self.supplier = supplier
    self.txID = txID
    self.energy = energy
    self.stake = stake
    self.blockNumber = blockNumber
    self.blockTime = blockTime
  }
}

/// A transaction was signed and is on its way.
public struct DelegationSubmitted: Event {
  public static let messageType = "tx.DelegationSubmitted"
  public static let topic = Topic.txEvents
  public let order: OrderID
  public let legs: [DelegationLeg]
  public let seq: Int64
  public var aggregate: String { order.text }
  public init(order: OrderID, legs: [DelegationLeg], seq: Int64) {
    self.order = order
    self.legs = legs
    self.seq = seq
  }
}

/// All legs are in blocks; the energy can be used. A reorganisation can still take it back.
public struct DelegationConfirmed: Event {
  public static let messageType = "tx.DelegationConfirmed"
  public static let topic = Topic.txEvents
  public let order: OrderID
  public let legs: [DelegationLeg]
  public let delivered: Energy
  /// The time of the last leg's block: the rental begins.
  public let startedAt: Date
  public let seq: Int64
  public var aggregate: String { order.text }
  public init(order: OrderID, legs: [DelegationLeg], delivered: Energy, startedAt: Date, seq: Int64) {
    self.order = order
    self.legs = legs
    self.delivered = delivered
    self.startedAt = startedAt
    self.seq = seq
  }
}

/// A reorganisation took a confirmed leg back; the same bytes are sent again.
public struct DelegationReverted: Event {
  public static let messageType = "tx.DelegationReverted"
  public static let topic = Topic.txEvents
  public let order: OrderID
  public let seq: Int64
  public var aggregate: String { order.text }
  public init(order: OrderID, seq: Int64) {
    self.order = order
    self.seq = seq
  }
}

/// All legs are solid: nothing can take them back.
public struct DelegationFinal: Event {
  public static let messageType = "tx.DelegationFinal"
  public static let topic = Topic.txEvents
  public let order: OrderID
  public let delivered: Energy
  /// As in DelegationConfirmed, of which the last may come later than this or never. nil: of a release that did not
  /// say it.
  public let startedAt: Date?
  public let seq: Int64
  public var aggregate: String { order.text }
  public init(order: OrderID, delivered: Energy, startedAt: Date? = nil, seq: Int64) {
    self.order = order
    self.delivered = delivered
    self.startedAt = startedAt
    self.seq = seq
  }
}

/// Nothing of the order is or can ever be on chain.
public struct DelegationFailed: Event {
  public static let messageType = "tx.DelegationFailed"
  public static let topic = Topic.txEvents
  public let order: OrderID
  public let reason: OrderFailure
  /// Burned TRX of all the order's transactions. nil: of a release that did not say it.
  public let cost: Sun?
  public let seq: Int64
  public var aggregate: String { order.text }
  public init(order: OrderID, reason: OrderFailure, cost: Sun? = nil, seq: Int64) {
    self.order = order
    self.reason = reason
    self.cost = cost
    self.seq = seq
  }
}

/// All legs have been taken back, and that is solid.
public struct DelegationReclaimed: Event {
  public static let messageType = "tx.DelegationReclaimed"
  public static let topic = Topic.txEvents
  public let order: OrderID
  public let txIDs: [TransactionID]
  /// Burned TRX of all the order's transactions.
  public let cost: Sun
  public let seq: Int64
  public var aggregate: String { order.text }
  public init(order: OrderID, txIDs: [TransactionID], cost: Sun, seq: Int64) {
    self.order = order
    self.txIDs = txIDs
    self.cost = cost
    self.seq = seq
  }
}

/// What the pool can still lend. Published when it changes noticeably, at least every 15 s.
public struct PoolChanged: Event {
  public static let messageType = "tx.PoolChanged"
  public static let topic = Topic.txEvents
  public let available: Energy
  public let delegated: Energy
  public let wallets: Int
  public let seq: Int64
  public var aggregate: String { "pool" }
  public init(available: Energy, delegated: Energy, wallets: Int, seq: Int64) {
    self.available = available
    self.delegated = delegated
    self.wallets = wallets
    self.seq = seq
  }
}
