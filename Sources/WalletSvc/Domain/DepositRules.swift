import Contracts
import TronKit

/// What becomes of money that tx-svc has found on an address of ours.
struct DepositRules: Sendable, Equatable {
  /// Whose the address is.
  enum Owner: Sendable, Equatable {
    case customer(CustomerID)
    /// It was derived and not yet given to anybody.
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
  var owner: DepositRules.Owner {
    switch (place, customer) {
    case (.treasury, _): .treasury
    case (_, let customer?): .customer(customer)
    case (_, nil): .nobody
    }
  }
}
