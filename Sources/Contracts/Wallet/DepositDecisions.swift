import BusKit
import TronKit

/// wallet-svc to itself: a deposit that was found belongs to this customer. Its account is locked by the customer's
/// name, which the event of the chain does not tell.
public struct CreditDeposit: Message {
  public static let messageType = "wallet.CreditDeposit"
  public static let topic = Topic.walletCommands
  /// As in DepositView.
  public let deposit: String
  public let customer: CustomerID
  public let money: Money
  public var messageKey: String { customer.text }
  public init(deposit: String, customer: CustomerID, money: Money) {
    self.deposit = deposit
    self.customer = customer
    self.money = money
  }
}

/// An operator credits a held deposit to a customer. Answered with CommandResult: `done`; `awaiting_approval` above
/// what one operator may credit alone, until another one sends the same for the same customer; `already_credited`,
/// `already_refused`, `not_held`, `unknown_deposit`, `not_countable` (an unknown token, or more than can be counted),
/// `balance_full`, `key_conflict`, `invalid_operator`, `invalid_reason`, `invalid_key`.
public struct CreditHeldDeposit: Message {
  public static let messageType = "wallet.CreditHeldDeposit"
  public static let topic = Topic.walletCommands
  /// As in DepositView.
  public let deposit: String
  public let customer: CustomerID
  public let action: OperatorAction
  public var messageKey: String { customer.text }
  public init(deposit: String, customer: CustomerID, action: OperatorAction) {
    self.deposit = deposit
    self.customer = customer
    self.action = action
  }
}

/// An operator decides that a held deposit is nobody's: the coins are given back by hand. Answered with CommandResult:
/// `done`, `already_credited`, `already_refused`, `not_held`, `unknown_deposit`, `key_conflict`, `invalid_operator`,
/// `invalid_reason`, `invalid_key`; `needs_second_operator` where `returnTo` is not the sender and the amount is above
/// what one operator may book alone.
///
/// A payment of its coins from the deposit address settles it, and is no alarm, only to the address that is named here.
public struct RefuseHeldDeposit: Message {
  public static let messageType = "wallet.RefuseHeldDeposit"
  public static let topic = Topic.walletCommands
  /// As in DepositView.
  public let deposit: String
  /// Whom the coins are given back to; nil: their sender.
  public let returnTo: TronAddress?
  public let action: OperatorAction
  public var messageKey: String { deposit }
  public init(deposit: String, returnTo: TronAddress? = nil, action: OperatorAction) {
    self.deposit = deposit
    self.returnTo = returnTo
    self.action = action
  }
}
