import BusKit
import Contracts
import Foundation
import TronKit

/// Reads a wallet's figures from the chain. Legs that the figures show leave the wallet's `reserved`.
struct RefreshWallet: Effect {
  static let kind = "tx.refresh_wallet"
  let address: TronAddress
  var orderKey: String { "refresh/\(address)" }

  /// The next one is scheduled anyway.
  static let policy = EffectPolicy(attemptsMax: 2, timeout: .seconds(10))
  /// After nodes that did not answer.
  private static let retry: TimeInterval = 10

  static func run(_ effect: RefreshWallet, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    do {
      guard let reading = try await WalletReading.make(effect.address, isFull: false, context.bus, world) else {
        return .done()
      }
      return .done(needs: reading.needs) { try reading.apply($0) }
    } catch let error as TronNodeError {
      context.bus.logger.warning(
        "a wallet cannot be read", metadata: ["wallet": "\(effect.address)", "error": "\(error)"])
      return effect.soonAgain()
    }
  }

  /// Left to the clock, so that an outage of the nodes leaves no failed effects behind.
  private func soonAgain() -> EffectOutcome {
    let key = address.base58
    return .done(needs: [.row(SupplierWallet.self, key)]) { unit in
      guard var wallet = try unit.find(SupplierWallet.self, key) else { return }
      wallet.refreshAt = min(wallet.refreshAt, unit.now.addingTimeInterval(Self.retry))
      try unit.save(wallet)
    }
  }

  static func isShown(_ leg: Leg, upTo block: Int64) -> Bool {
    guard leg.state.isOnChain, let number = leg.blockNumber else { return false }
    return number <= block
  }
}
