import Contracts
import TronKit

/// What operators may book by hand. Decided when it is asked for and again when a second operator agrees; what is
/// refused is answered and never thrown further.
enum AdjustmentRules {
  struct Refusal: Error, Equatable {
    /// Stable, for programs.
    let code: String
    let detail: String
  }

  struct Step: Equatable {
    let posting: Posting
    /// The customer's money afterwards; nil for a transfer between accounts of ours.
    let funds: CustomerFunds?
  }

  /// Accounts that are ours alone. Customers' money moves by credit, debit and refund; deposits in flight by decisions
  /// about the deposits.
  static let ownAccounts: [LedgerAccount] =
    [.revenue, .costs, .adjustments, .refunds, .rounding] + LedgerAccount.Custody.allCases.map { .custody($0) }

  /// Looks at the request alone.
  static func check(_ request: AdjustmentRequest) throws(Refusal) {
    guard request.money.amount > 0 else {
      throw Refusal(code: "invalid_amount", detail: "\(request.money) cannot be booked; give a positive amount")
    }
    switch request.kind {
    case .credit, .debit, .refund:
      guard request.customer != nil, request.from == nil, request.to == nil else {
        throw Refusal(code: "invalid_request", detail: "a \(request.kind.rawValue) names a customer and no account")
      }
      guard request.order == nil || request.kind == .refund else {
        throw Refusal(code: "invalid_request", detail: "a \(request.kind.rawValue) is for no order; only a refund is")
      }
    case .transfer:
      guard request.customer == nil, request.order == nil, let from = request.from, let to = request.to else {
        throw Refusal(code: "invalid_request", detail: "a transfer names two accounts, no customer and no order")
      }
      guard try own(from) != own(to) else {
        throw Refusal(code: "invalid_request", detail: "a transfer from \(from) to itself moves nothing")
      }
    }
  }

  /// What is booked.
  /// - Parameters:
  ///   - funds: the customer's, in the request's currency.
  ///   - hold: of the order that is named.
  ///   - isRefunded: whether that order was refunded before.
  static func step(
    _ request: AdjustmentRequest, funds: CustomerFunds, hold: Hold?, isRefunded: Bool
  ) throws(Refusal) -> Step {
    try check(request)
    let amount = request.money.amount
    guard let customer = request.customer else {
      return Step(
        posting: try posting(.transfer, request, from: try own(request.from ?? ""), to: try own(request.to ?? "")),
        funds: nil)
    }
    let account = LedgerAccount.available(customer)
    switch request.kind {
    case .credit, .transfer: return try give(.credit, request, from: .adjustments, funds, customer)
    case .refund:
      if let order = request.order {
        try checkRefund(of: order, request, customer: customer, hold: hold, isRefunded: isRefunded)
      }
      return try give(.refund, request, from: .refunds, funds, customer)
    case .debit:
      guard funds.available >= amount else {
        throw Refusal(
          code: "insufficient_balance",
          detail: "\(customer) can spend \(Money(funds.available, request.money.currency)), not \(request.money)")
      }
      let posting = try posting(.debit, request, from: account, to: .adjustments)
      return Step(posting: posting, funds: try follow(posting, funds, customer, request))
    }
  }

  private static func give(
    _ kind: Posting.Kind, _ request: AdjustmentRequest, from: LedgerAccount, _ funds: CustomerFunds,
    _ customer: CustomerID
  ) throws(Refusal) -> Step {
    let posting = try posting(kind, request, from: from, to: .available(customer))
    let next = try follow(posting, funds, customer, request)
    // What is held may come back: both together must fit, or a release could not be booked.
    guard !next.available.addingReportingOverflow(next.held).overflow else { throw tooMuch(request) }
    return Step(posting: posting, funds: next)
  }

  private static func checkRefund(
    of order: OrderID, _ request: AdjustmentRequest, customer: CustomerID, hold: Hold?, isRefunded: Bool
  ) throws(Refusal) {
    guard request.money.currency == .trx else {
      throw Refusal(code: "other_currency", detail: "orders are paid in TRX; \(request.money) is no refund of one")
    }
    guard let hold, hold.state == .captured else {
      throw Refusal(code: "not_captured", detail: "nothing was captured of \(order): there is nothing to refund")
    }
    guard hold.customer == customer else {
      throw Refusal(code: "other_customer", detail: "\(order) is not an order of \(customer)")
    }
    guard !isRefunded else {
      throw Refusal(code: "already_refunded", detail: "\(order) was refunded before; an order is refunded once")
    }
    guard request.money.amount <= hold.captured.value else {
      throw Refusal(
        code: "exceeds_captured", detail: "\(hold.captured) was captured of \(order), not \(request.money)")
    }
  }

  private static func posting(
    _ kind: Posting.Kind, _ request: AdjustmentRequest, from: LedgerAccount, to: LedgerAccount
  ) throws(Refusal) -> Posting {
    do {
      return try Posting(kind, request.money.currency, [(from, to, request.money.amount)])
    } catch {
      throw Refusal(code: "invalid_request", detail: error.description)
    }
  }

  private static func follow(
    _ posting: Posting, _ funds: CustomerFunds, _ customer: CustomerID, _ request: AdjustmentRequest
  ) throws(Refusal) -> CustomerFunds {
    var funds = funds
    do {
      try funds.follow(posting, customer: customer)
    } catch {
      throw tooMuch(request)
    }
    funds.seq += 1
    return funds
  }

  private static func tooMuch(_ request: AdjustmentRequest) -> Refusal {
    Refusal(code: "invalid_amount", detail: "\(request.money) is more than the balance can hold; give less")
  }

  private static func own(_ name: String) throws(Refusal) -> LedgerAccount {
    guard let account = ownAccounts.first(where: { $0.name == name }) else {
      throw Refusal(
        code: "unknown_account",
        detail: "'\(name)' is no account for transfers; there are: \(ownAccounts.map(\.name).joined(separator: ", "))")
    }
    return account
  }
}
