import BusKit
import Foundation
import TronKit

/// An operator starts an order's work on chain again, each leg from where it stands. Changes nothing that is not due:
/// what may have been sent is sent again as the same bytes. Answered with CommandResult.
public struct RetryDelegation: Message {
  public static let messageType = "tx.RetryDelegation"
  public static let topic = Topic.txCommands
  public let order: OrderID
  public let action: OperatorAction
  public var messageKey: String { order.text }
  public init(order: OrderID, action: OperatorAction) {
    self.order = order
    self.action = action
  }
}

/// An operator says what became of a leg. The chain decides: it is done only when the solid chain shows the same at
/// that moment. Answered with CommandResult, which says what the chain shows.
public struct SettleLeg: Message {
  public enum Verdict: String, Codable, Sendable, CaseIterable {
    /// Its sun is no longer lent, and not by a transaction of ours.
    case reclaimedElsewhere = "reclaimed_elsewhere"
    /// Its transaction can never take effect.
    case neverDelivered = "never_delivered"
    /// Its transaction took effect, which nobody noticed.
    case delivered
  }
  public static let messageType = "tx.SettleLeg"
  public static let topic = Topic.txCommands
  public let order: OrderID
  /// From 1.
  public let leg: Int
  public let verdict: Verdict
  /// The transaction that shows it, if the operator knows one. It has to.
  public let transaction: TransactionID?
  public let action: OperatorAction
  public var messageKey: String { order.text }
  public init(
    order: OrderID, leg: Int, verdict: Verdict, transaction: TransactionID? = nil, action: OperatorAction
  ) {
    self.order = order
    self.leg = leg
    self.verdict = verdict
    self.transaction = transaction
    self.action = action
  }
}

/// Everything that tx-svc knows of an order, for people. Fails with `not_found`.
public struct GetDelegation: Query {
  public typealias Reply = DelegationView
  public static let messageType = "tx.GetDelegation"
  public static let topic = Topic.txQueries
  public let order: OrderID
  public var messageKey: String { order.text }
  public init(order: OrderID) { self.order = order }
}

/// An order's delegation with its legs, transactions and work. States are tx-svc's own words.
public struct DelegationView: Codable, Sendable, Equatable {
  public struct Leg: Codable, Sendable, Equatable {
    /// From 1.
    public let number: Int
    public let supplier: TronAddress
    public let energy: Energy
    public let stake: Sun
    public let state: String
    public let txID: TransactionID?
    public let reclaimTxID: TransactionID?
    public let blockNumber: Int64?
    public let note: String?
    public init(
      number: Int, supplier: TronAddress, energy: Energy, stake: Sun, state: String, txID: TransactionID?,
      reclaimTxID: TransactionID?, blockNumber: Int64?, note: String?
    ) {
      self.number = number
      self.supplier = supplier
      self.energy = energy
      self.stake = stake
      self.state = state
      self.txID = txID
      self.reclaimTxID = reclaimTxID
      self.blockNumber = blockNumber
      self.note = note
    }
  }

  public struct Transaction: Codable, Sendable, Equatable {
    public let id: TransactionID
    public let leg: Int
    public let purpose: String
    public let state: String
    public let signedAt: Date
    /// Chain time.
    public let expiresAt: Date
    public let blockNumber: Int64?
    public let result: String?
    public let fee: Sun?
    public let note: String?
    /// The latest.
    public let sendings: [Sending]
    public init(
      id: TransactionID, leg: Int, purpose: String, state: String, signedAt: Date, expiresAt: Date,
      blockNumber: Int64?, result: String?, fee: Sun?, note: String?, sendings: [Sending]
    ) {
      self.id = id
      self.leg = leg
      self.purpose = purpose
      self.state = state
      self.signedAt = signedAt
      self.expiresAt = expiresAt
      self.blockNumber = blockNumber
      self.result = result
      self.fee = fee
      self.note = note
      self.sendings = sendings
    }
  }

  public struct Sending: Codable, Sendable, Equatable {
    public let node: String
    public let sentAt: Date
    /// nil: no answer (yet).
    public let outcome: String?
    public let code: String?
    public let message: String?
    public init(node: String, sentAt: Date, outcome: String?, code: String?, message: String?) {
      self.node = node
      self.sentAt = sentAt
      self.outcome = outcome
      self.code = code
      self.message = message
    }
  }

  /// An effect that is recorded for the order.
  public struct Work: Codable, Sendable, Equatable {
    public let kind: String
    public let state: String
    public let attempts: Int
    public let nextAt: Date
    public let lastError: String
    public init(kind: String, state: String, attempts: Int, nextAt: Date, lastError: String) {
      self.kind = kind
      self.state = state
      self.attempts = attempts
      self.nextAt = nextAt
      self.lastError = lastError
    }
  }

  public let order: OrderID
  public let customer: CustomerID
  public let receiver: TronAddress
  public let energy: Energy
  public let durationSeconds: Int64
  public let deadline: Date
  public let state: String
  public let isWithdrawn: Bool
  public let failure: OrderFailure?
  public let startedAt: Date?
  public let endsAt: Date?
  public let cost: Sun
  public let legs: [Leg]
  /// The latest.
  public let transactions: [Transaction]
  public let work: [Work]
  public init(
    order: OrderID, customer: CustomerID, receiver: TronAddress, energy: Energy, durationSeconds: Int64,
    deadline: Date, state: String, isWithdrawn: Bool, failure: OrderFailure?, startedAt: Date?, endsAt: Date?,
    cost: Sun, legs: [Leg], transactions: [Transaction], work: [Work]
  ) {
    self.order = order
    self.customer = customer
    self.receiver = receiver
    self.energy = energy
    self.durationSeconds = durationSeconds
    self.deadline = deadline
    self.state = state
    self.isWithdrawn = isWithdrawn
    self.failure = failure
    self.startedAt = startedAt
    self.endsAt = endsAt
    self.cost = cost
    self.legs = legs
    self.transactions = transactions
    self.work = work
  }
}
