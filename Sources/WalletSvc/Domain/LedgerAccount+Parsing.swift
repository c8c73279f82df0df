import Contracts

extension LedgerAccount {
  /// Accounts of ours.
  static let ours: [LedgerAccount] =
    [.revenue, .costs, .adjustments, .refunds, .depositsInFlight, .rounding] + Custody.allCases.map { .custody($0) }

  /// An account by its name; nil for what is none.
  init?(parsing name: String) {
    for (prefix, make) in [("customer:", LedgerAccount.available), ("held:", LedgerAccount.held)]
    where name.hasPrefix(prefix) {
      guard name.count > prefix.count else { return nil }
      self = make(CustomerID(text: String(name.dropFirst(prefix.count))))
      return
    }
    guard let own = Self.ours.first(where: { $0.name == name }) else { return nil }
    self = own
  }
}
