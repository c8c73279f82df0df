/// One account's stake and usage of one resource. All balances in sun.
struct ResourceAccount: Sendable, Equatable {
  /// Own stake that is not lent (frozenV2).
  var frozen: Int64 = 0
  /// Own stake that is lent to others.
  var delegated: Int64 = 0
  /// Others' stake that is lent to this account.
  var acquired: Int64 = 0
  var meter = UsageMeter()

  /// Own stake, lent or not.
  var staked: Int64 { frozen + delegated }
  /// The stake whose resource this account may use.
  var usable: Int64 { frozen + acquired }
}
