import Contracts
import Foundation
import TronKit

/// What becomes of money that tx-svc has found on an address of ours.
struct DepositRules: Sendable, Equatable {
  /// Whose the address is.
  enum Owner: Sendable, Equatable {
    case customer(CustomerID)
    /// It was derived and not given to anybody when the money was sent.
    case nobody
    case treasury
    /// We have no such address.
    case unknown
  }

  enum Verdict: Sendable, Equatable {
    case credit(CustomerID, Money)
    /// An operator decides. nil: nothing that the ledger counts.
    case hold(DepositObstacle, Money?)
    case fund(Money)
    case ignore(Money)
  }

  /// The one token that is taken, told by its contract.
  var token = USDT.mainnet
  /// The least that is credited, in sun and micro-USDT.
  var sunMin: Int64 = 1_000_000
  var usdtMin: Int64 = 1_000_000

  var minimums: [Money] { [Money(sunMin, .trx), Money(usdtMin, .usdt)] }

  /// nil: a token that we do not take.
  func currency(of token: TronAddress?) -> Currency? {
    guard let token else { return .trx }
    return token == self.token ? .usdt : nil
  }

  func minimum(of currency: Currency) -> Int64 { currency == .trx ? sunMin : usdtMin }

  /// A deposit that tx-svc has no doubt about.
  func judge(amount: Int64, token: TronAddress?, owner: Owner) -> Verdict {
    guard let currency = currency(of: token) else { return .hold(.unknownToken, nil) }
    let money = Money(amount, currency)
    if owner == .treasury { return .fund(money) }
    if amount < minimum(of: currency) { return .ignore(money) }
    switch owner {
    case .customer(let customer): return .credit(customer, money)
    case .nobody: return .hold(.unassignedAddress, money)
    case .treasury, .unknown: return .hold(.unknownAddress, money)
    }
  }

  /// One that tx-svc wants to be judged by a person. What reaches the owner's own addresses needs no judgement, by
  /// whatever way it comes (an exchange may pay out by contract): nobody's balance depends on it, and there is no
  /// sender to give it back to. The line says what the chain shows; custody is compared with it daily.
  func judgeHeld(amount: Int64?, token: TronAddress?, reason: DepositHeld.Reason, owner: Owner) -> Verdict {
    let money = amount.flatMap { amount in currency(of: token).map { Money(amount, $0) } }
    if owner == .treasury, let money { return .fund(money) }
    return switch reason {
    case .sentByContract: .hold(.sentByContract, money)
    case .tooLarge: .hold(.tooLarge, money)
    }
  }
}

extension DepositAddressRow {
  /// By so many seconds the chain's clock, which a block's time is of, may be behind the database's, which says when an
  /// address was handed out. Whoever pays has seen the address before: a true deposit needs the margin only where the
  /// clocks differ. A wider one would give a stranger's money to the next customer, since an address may be handed out
  /// in the minute in which a payment to it becomes solid.
  static let clockMargin: TimeInterval = 10

  /// Whose it was when this was paid.
  /// - Parameter blockTime: of the payment.
  func owner(at blockTime: Date) -> DepositRules.Owner {
    if place == .treasury { return .treasury }
    guard let customer else { return .nobody }
    guard let assignedAt, blockTime < assignedAt.addingTimeInterval(-Self.clockMargin) else {
      return .customer(customer)
    }
    return .nobody
  }
}
