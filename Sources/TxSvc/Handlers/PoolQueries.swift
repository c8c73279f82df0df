import BusKit
import Contracts
import TronKit

enum PoolQueries {
  static func pool(_ bus: Bus) async throws -> PoolView {
    try await bus.read { session in
      let wallets = try session.execute("select * from supplier_wallets order by address").decoded(SupplierWallet.self)
      let ratio = try session.execute("select * from chain_ratio").decoded(ChainRatio.self).first?.ratio
      let mode = try session.execute("select * from signing_state").decoded(SigningState.self).first?.mode
      return PoolView(
        wallets: try wallets.map { wallet in
          PoolView.Wallet(
            address: wallet.address, available: try ratio?.energy(for: wallet.available) ?? .zero,
            delegatedStake: wallet.delegated, isEnabled: wallet.isEnabled)
        }, signing: mode ?? .everything)
    }
  }
}
