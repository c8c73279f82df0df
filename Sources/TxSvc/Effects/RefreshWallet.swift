import BusKit
import Contracts
import Foundation
import TronKit

/// Reads a wallet's figures and the network's ratio from the chain. Legs that the figures show leave the wallet's
/// `reserved`.
struct RefreshWallet: Effect {
  static let kind = "tx.refresh_wallet"
  let address: TronAddress
  var orderKey: String { "refresh/\(address)" }

  /// The next one is scheduled anyway.
  static let policy = EffectPolicy(attemptsMax: 2, timeout: .seconds(10))

  static func run(_ effect: RefreshWallet, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    let address = effect.address
    // The cursor before the figures: they show at least what was followed until now, if the node's head is as far.
    let followed = try await context.bus.read { session in
      try session.execute("select number from block_cursor").rows.first?.int("number") ?? 0
    }
    let (figures, _) = try await WalletFigures.read(address, world.nodes)
    let needs: [Need] = [
      .row(SupplierWallet.self, address.base58), .rows(Leg.self, where: "reserved_by", is: address.base58),
      .row(ChainRatio.self, ChainRatio.key),
    ]
    return .done(needs: needs) { unit in
      guard var wallet = try unit.find(SupplierWallet.self, address.base58) else { return }
      guard figures.block >= wallet.figuresBlock else { return }
      figures.write(to: &wallet, followed: followed)
      for leg in try unit.all(Leg.self) where Self.isShown(leg, upTo: wallet.figuresBlock) {
        var shown = leg
        shown.reservedBy = nil
        wallet.reserved = try wallet.reserved.subtracting(leg.stake)
        try unit.save(shown)
      }
      try unit.save(wallet)
      if let ratio = figures.ratio { try unit.save(ChainRatio(ratio, readAt: unit.now)) }
    }
  }

  static func isShown(_ leg: Leg, upTo block: Int64) -> Bool {
    guard leg.state.isOnChain, let number = leg.blockNumber else { return false }
    return number <= block
  }
}
