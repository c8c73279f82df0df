/// What the chain holds of the suppliers' delegations.
struct ChainSnapshot: Sendable {
  /// A DelegateResource or UnDelegateResource for energy that a block holds with effect.
  struct Movement: Sendable, Equatable {
    let txID: String
    let isDelegate: Bool
    let from: String
    let to: String
    /// Staked sun.
    let sun: Int64
    let block: Int64
    /// Chain time in milliseconds.
    let timeMs: Int64
  }

  struct Pair: Sendable, Hashable {
    let from: String
    let to: String
  }

  struct Wallet: Sendable, Equatable {
    /// Staked for energy, lent or not, in sun.
    var stake: Int64
    /// Lent at this moment, in sun.
    var lent: Int64
  }

  /// The canonical chain's, oldest first.
  var movements: [Movement]
  /// Every transaction of a supplier that a block holds, with effect or without.
  var supplierTransactions: [String]
  /// The suppliers, by address.
  var wallets: [String: Wallet]
  /// The stake in sun with which each supplier began.
  var stakeAtStart: Int64
  /// Lent at this moment, in sun, by the records of each pair.
  var lent: [Pair: Int64] = [:]
  /// Energy of the whole network, and the TRX staked for it.
  var energyLimit: Int64
  var energyWeight: Int64
}
