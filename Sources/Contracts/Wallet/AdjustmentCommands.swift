import BusKit
import TronKit

/// What an operator wants booked by hand.
public struct AdjustmentRequest: Codable, Sendable, Hashable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// To a customer, against the adjustments account.
    case credit
    /// From a customer, against the adjustments account; never below zero.
    case debit
    /// To a customer for what it had paid, against the refunds account.
    case refund
    /// Between accounts of ours.
    case transfer
  }

  public let kind: Kind
  public let money: Money
  /// Whose money it is; nil for a transfer.
  public let customer: CustomerID?
  /// The order that a refund is for: at most what was captured of it, once.
  public let order: OrderID?
  /// The accounts of a transfer, such as `adjustments` and `custody:treasury`; nil for the others.
  public let from: String?
  public let to: String?

  public init(_ kind: Kind, _ money: Money, customer: CustomerID, order: OrderID? = nil) {
    self.kind = kind
    self.money = money
    self.customer = customer
    self.order = order
    from = nil
    to = nil
  }

  public init(transfer money: Money, from: String, to: String) {
    kind = .transfer
    self.money = money
    customer = nil
    order = nil
    self.from = from
    self.to = to
  }

  /// The customer, or the account it takes from.
  public var subject: String { customer?.text ?? from ?? "" }
}

extension AdjustmentRequest: CustomStringConvertible {
  /// Such as `refund of 12.5 TRX to cus_1 for ord_2`.
  public var description: String {
    let name = customer?.text ?? "?"
    return switch kind {
    case .credit: "credit of \(money) to \(name)"
    case .debit: "debit of \(money) from \(name)"
    case .refund: "refund of \(money) to \(name)" + (order.map { " for \($0)" } ?? "")
    case .transfer: "transfer of \(money) from \(from ?? "?") to \(to ?? "?")"
    }
  }
}

/// An operator books by hand. Answered with CommandResult: `done`; `awaiting_approval` where a second operator has to
/// agree, and later what became of it; or why not: `insufficient_balance`, `already_refunded`, `exceeds_captured`,
/// `not_captured`, `other_customer`, `other_currency`, `invalid_amount`, `invalid_request`, `unknown_account`,
/// `invalid_operator`, `invalid_reason`, `invalid_key`, `key_conflict`, `too_many_requests`. The action's key is the
/// adjustment's id.
public struct AdjustLedger: Message {
  public static let messageType = "wallet.AdjustLedger"
  public static let topic = Topic.walletCommands
  public let request: AdjustmentRequest
  public let action: OperatorAction
  public var messageKey: String { request.subject }
  public init(request: AdjustmentRequest, action: OperatorAction) {
    self.request = request
    self.action = action
  }
}

/// Another operator agrees, and it is booked if that is still possible. Answered with CommandResult: `done`, a code of
/// AdjustLedger, or `unknown_adjustment`, `request_differs`, `not_waiting`, `expired`, `same_operator`.
public struct ApproveAdjustment: Message {
  public static let messageType = "wallet.ApproveAdjustment"
  public static let topic = Topic.walletCommands
  public let adjustment: String
  /// What is agreed to, as it was shown: nothing else is booked.
  public let request: AdjustmentRequest
  public let action: OperatorAction
  public var messageKey: String { request.subject }
  public init(adjustment: String, request: AdjustmentRequest, action: OperatorAction) {
    self.adjustment = adjustment
    self.request = request
    self.action = action
  }
}

/// Whoever asked, or anybody else, ends an adjustment that waits. Answered with CommandResult: `rejected`, or why not.
public struct RejectAdjustment: Message {
  public static let messageType = "wallet.RejectAdjustment"
  public static let topic = Topic.walletCommands
  public let adjustment: String
  public let action: OperatorAction
  public var messageKey: String { adjustment }
  public init(adjustment: String, action: OperatorAction) {
    self.adjustment = adjustment
    self.action = action
  }
}
