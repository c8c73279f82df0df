import BusKit
import TronKit

/// Sets money aside for an order. Answered by FundsHeld or FundsRefused, the same answer however often it is asked; or,
/// where it cannot be (no positive amount, another amount than before, another customer's order), by HoldContradicted.
public struct HoldFunds: Message {
  public static let messageType = "wallet.HoldFunds"
  public static let topic = Topic.walletCommands
  public let order: OrderID
  public let customer: CustomerID
  public let amount: Sun
  public var messageKey: String { customer.text }
  public init(order: OrderID, customer: CustomerID, amount: Sun) {
    self.order = order
    self.customer = customer
    self.amount = amount
  }
}

/// Gives a hold back. For an order without one it is remembered: a later HoldFunds is refused as `already_released`.
public struct ReleaseHold: Message {
  public static let messageType = "wallet.ReleaseHold"
  public static let topic = Topic.walletCommands
  public let order: OrderID
  public let customer: CustomerID
  public var messageKey: String { customer.text }
  public init(order: OrderID, customer: CustomerID) {
    self.order = order
    self.customer = customer
  }
}

/// Takes `amount` of the hold (at most all of it) as revenue and releases the rest. Once. While the ledger differs it
/// is kept until an operator clears that; while everybody's captures wait, also without its hold.
public struct CaptureHold: Message {
  public static let messageType = "wallet.CaptureHold"
  public static let topic = Topic.walletCommands
  public let order: OrderID
  public let customer: CustomerID
  public let amount: Sun
  public var messageKey: String { customer.text }
  public init(order: OrderID, customer: CustomerID, amount: Sun) {
    self.order = order
    self.customer = customer
    self.amount = amount
  }
}

/// Books what an order cost us on chain (burned TRX).
public struct BookOrderCost: Message {
  public static let messageType = "wallet.BookOrderCost"
  public static let topic = Topic.walletCommands
  public let order: OrderID
  public let cost: Sun
  public var messageKey: String { order.text }
  public init(order: OrderID, cost: Sun) {
    self.order = order
    self.cost = cost
  }
}

/// An operator credits a customer, against the adjustments account. Answered with CommandResult.
public struct CreditAccount: Message {
  public static let messageType = "wallet.CreditAccount"
  public static let topic = Topic.walletCommands
  public let customer: CustomerID
  public let amount: Sun
  public let action: OperatorAction
  public var messageKey: String { customer.text }
  public init(customer: CustomerID, amount: Sun, action: OperatorAction) {
    self.customer = customer
    self.amount = amount
    self.action = action
  }
}
