import Contracts

/// Transfers of what is on chain. A custody account's balance is the negative of what the chain shows there: coins that
/// arrive are taken from it, coins that leave are given to it.
extension Posting {
  /// A deposit becomes what its customer can spend.
  static func deposit(_ money: Money, to customer: CustomerID) throws(LedgerError) -> Posting {
    try one(.deposit, money, from: .custody(.deposits), to: .available(customer))
  }

  /// A deposit that nobody is credited with yet.
  static func heldDeposit(_ money: Money) throws(LedgerError) -> Posting {
    try one(.depositHeld, money, from: .custody(.deposits), to: .depositsInFlight)
  }

  /// An operator has found out whose it is.
  static func decidedDeposit(_ money: Money, to customer: CustomerID) throws(LedgerError) -> Posting {
    try one(.deposit, money, from: .depositsInFlight, to: .available(customer))
  }

  /// An operator has refused it: we owe it to its sender.
  static func refusedDeposit(_ money: Money) throws(LedgerError) -> Posting {
    try one(.depositRefused, money, from: .depositsInFlight, to: .refunds)
  }

  /// Too small to be credited, and ours all the same.
  static func ignoredDeposit(_ money: Money) throws(LedgerError) -> Posting {
    try one(.depositIgnored, money, from: .custody(.deposits), to: .rounding)
  }

  /// The owner's own addresses got money from outside.
  static func funding(_ money: Money) throws(LedgerError) -> Posting {
    try one(.funding, money, from: .custody(.treasury), to: .adjustments)
  }

  /// Coins went from one place of ours to another.
  static func sweep(
    _ money: Money, from: LedgerAccount.Custody, to: LedgerAccount.Custody
  ) throws(LedgerError) -> Posting {
    try one(.sweep, money, from: .custody(to), to: .custody(from))
  }

  /// What a transaction burned.
  static func fee(_ money: Money, paidFrom place: LedgerAccount.Custody) throws(LedgerError) -> Posting {
    try one(.fee, money, from: .costs, to: .custody(place))
  }

  /// Coins left us.
  /// - Parameter isRefund: whether they were owed to the sender of a refused deposit.
  static func withdrawal(
    _ money: Money, from place: LedgerAccount.Custody, isRefund: Bool
  ) throws(LedgerError) -> Posting {
    try one(.withdrawal, money, from: isRefund ? .refunds : .adjustments, to: .custody(place))
  }

  private static func one(
    _ kind: Kind, _ money: Money, from: LedgerAccount, to: LedgerAccount
  ) throws(LedgerError) -> Posting {
    try Posting(kind, money.currency, [(from, to, money.amount)])
  }
}
