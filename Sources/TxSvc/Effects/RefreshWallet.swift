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
      return .done(needs: reading.needs) { unit in
        try reading.apply(unit)
        try effect.ended(unit)
      }
    } catch let error as TronNodeError {
      context.bus.logger.warning(
        "a wallet cannot be read", metadata: ["wallet": "\(effect.address)", "error": "\(error)"])
      return effect.soonAgain()
    }
  }

  /// Left to the clock, so that an outage of the nodes leaves no failed effects behind.
  func soonAgain() -> EffectOutcome {
    let effect = self
    return .done(needs: [.row(SupplierWallet.self, address.base58)]) { unit in
      try effect.ended(unit) { $0.refreshAt = unit.now.addingTimeInterval(Self.retry) }
    }
  }

  /// The next reading may be started.
  private func ended(_ unit: UnitOfWork, _ change: (inout SupplierWallet) -> Void = { _ in }) throws {
    guard var wallet = try unit.find(SupplierWallet.self, address.base58) else { return }
    wallet.refreshStartedAt = nil
    change(&wallet)
    try unit.save(wallet)
  }

  static func isShown(_ leg: Leg, upTo block: Int64) -> Bool {
    guard leg.state.isOnChain, let number = leg.blockNumber else { return false }
    return number <= block
  }
}
