import BusKit
import Foundation
import TronKit

/// The order's money is set aside.
public struct FundsHeld: Event {
  public static let messageType = "wallet.FundsHeld"
  public static let topic = Topic.walletEvents
  public let order: OrderID
  public let customer: CustomerID
  public let amount: Sun
  /// The customer account's `seq`.
  public let seq: Int64
  public var aggregate: String { customer.text }
  public init(order: OrderID, customer: CustomerID, amount: Sun, seq: Int64) {
    self.order = order
    self.customer = customer
    self.amount = amount
    self.seq = seq
  }
}

/// No money was set aside: `insufficient_balance`, `already_released`, or, for an order that comes while a restored
/// ledger is compared, `signing_paused`.
public struct FundsRefused: Event {
  public static let messageType = "wallet.FundsRefused"
  public static let topic = Topic.walletEvents
  public let order: OrderID
  public let customer: CustomerID
  public let reason: OrderFailure
  public let available: Sun
  public let seq: Int64
  public var aggregate: String { customer.text }
  public init(order: OrderID, customer: CustomerID, reason: OrderFailure, available: Sun, seq: Int64) {
    self.order = order
    self.customer = customer
    self.reason = reason
    self.available = available
    self.seq = seq
  }
}

/// A hold ended: captured (in full or in part) or released.
public struct HoldSettled: Event {
  public static let messageType = "wallet.HoldSettled"
  public static let topic = Topic.walletEvents
  public let order: OrderID
  public let customer: CustomerID
  public let captured: Sun
  public let released: Sun
  public let seq: Int64
  public var aggregate: String { customer.text }
  public init(order: OrderID, customer: CustomerID, captured: Sun, released: Sun, seq: Int64) {
    self.order = order
    self.customer = customer
    self.captured = captured
    self.released = released
    self.seq = seq
  }
}

/// A deposit is solid and credited: the customer can spend it.
public struct DepositCredited: Event {
  public static let messageType = "wallet.DepositCredited"
  public static let topic = Topic.walletEvents
  public let customer: CustomerID
  public let address: TronAddress
  public let money: Money
  public let txID: TransactionID
  /// The log's place in the transaction's receipt; nil for TRX.
  public let logIndex: Int?
  public let blockTime: Date
  /// What the customer can spend of this currency afterwards, in its smallest unit.
  public let available: Int64
  /// The `seq` of the customer's account in this currency: each currency counts for itself.
  public let seq: Int64
  public var aggregate: String { customer.text }
  public init(
    customer: CustomerID, address: TronAddress, money: Money, txID: TransactionID, logIndex: Int?, blockTime: Date,
    available: Int64, seq: Int64
  ) {
    self.customer = customer
    self.address = address
    self.money = money
    self.txID = txID
    self.logIndex = logIndex
    self.blockTime = blockTime
    self.available = available
    self.seq = seq
  }
}

/// A command about a hold contradicts what was done before; no money moved. The sender or its data is wrong: an
/// operator has to look.
public struct HoldContradicted: Event {
  public static let messageType = "wallet.HoldContradicted"
  public static let topic = Topic.walletEvents
  public let order: OrderID
  public let customer: CustomerID
  /// The command's message type.
  public let command: String
  public let reason: HoldContradiction
  public let detail: String
  public let seq: Int64
  public var aggregate: String { customer.text }
  public init(
    order: OrderID, customer: CustomerID, command: String, reason: HoldContradiction, detail: String, seq: Int64
  ) {
    self.order = order
    self.customer = customer
    self.command = command
    self.reason = reason
    self.detail = detail
    self.seq = seq
  }
}

/// Why a command about a hold cannot be.
public enum HoldContradiction: String, Codable, Sendable, CaseIterable {
  /// The order has a hold of another amount.
  case existsWithOtherAmount = "exists_with_other_amount"
  /// The hold is another customer's.
  case otherCustomer = "other_customer"
  /// It was captured: it cannot be released, or captured again with another amount.
  case alreadyCaptured = "already_captured"
  /// It was released: it cannot be captured.
  case alreadyReleased = "already_released"
  /// Nothing was ever held.
  case notHeld = "not_held"
  /// Not positive, or more than is held.
  case amountOutOfRange = "amount_out_of_range"
}
