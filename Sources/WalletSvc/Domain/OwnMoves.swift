import Contracts
import TronKit

/// What a move of coins of ours means to the ledger.
enum OwnMoves {
  enum Meaning: Sendable, Equatable {
    /// Between addresses of one place, or none of ours: nothing changes.
    case nothing
    case sweep(from: LedgerAccount.Custody, to: LedgerAccount.Custody)
    /// To somebody else.
    case withdrawal(from: LedgerAccount.Custody)
  }

  /// Where an address belongs; nil: it is not ours.
  /// - Parameter known: the place of an address that we have a row of.
  static func place(
    known: LedgerAccount.Custody?, isWatched: Bool, isSupplier: Bool
  ) -> LedgerAccount.Custody? {
    if let known { return known }
    if isSupplier { return .pool }
    // Watched for us and not known to us: deposits to it are counted in custody:deposits, too.
    return isWatched ? .deposits : nil
  }

  static func meaning(from: LedgerAccount.Custody?, to: LedgerAccount.Custody?) -> Meaning {
    switch (from, to) {
    case (let from?, let to?): from == to ? .nothing : .sweep(from: from, to: to)
    case (let from?, nil): .withdrawal(from: from)
    case (nil, _): .nothing
    }
  }

  /// The refused deposit that a payment gives back: the smallest that covers it, of those that are owed to the payee.
  static func refund(of money: Money, to payee: TronAddress, among refused: [DepositRow]) -> DepositRow? {
    refused.filter {
      $0.state == .refused && $0.currency == money.currency && ($0.amount ?? 0) >= money.amount
        && ($0.returnTo ?? $0.sender) == payee
    }
    .min { ($0.amount ?? 0, $0.id) < ($1.amount ?? 0, $1.id) }
  }
}
