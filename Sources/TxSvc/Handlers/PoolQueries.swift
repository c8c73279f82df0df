import BusKit
import Contracts
import TronKit

enum PoolQueries {
  /// The pool as shops see it: a wallet that gets no new leg has nothing to lend.
  static func pool(_ bus: Bus, _ limits: SigningLimits) async throws -> PoolView {
    try await bus.read { session in
      let now = try session.now()
      let wallets = try session.execute("select * from supplier_wallets order by address").decoded(SupplierWallet.self)
      let ratio = try session.execute("select * from chain_ratio").decoded(ChainRatio.self).first?.ratio
      let mode = try session.execute("select * from signing_state").decoded(SigningState.self).first?.mode
      return PoolView(
        wallets: try wallets.map { wallet in
          let mayLend = limits.mayLend(wallet, now: now)
          return PoolView.Wallet(
            address: wallet.address, available: mayLend ? try ratio?.energy(for: wallet.available) ?? .zero : .zero,
            delegatedStake: wallet.delegated, isEnabled: wallet.isEnabled)
        }, signing: mode ?? .everything)
    }
  }
}
