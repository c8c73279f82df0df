import BusKit
import Contracts
import Foundation
import TronKit

/// Reads all figures of a wallet because an operator wants them now, and answers when they are in its row.
struct RefreshOnDemand: OperatorEffect {
  static let kind = "tx.refresh_on_demand"
  let command: RefreshSupplier
  let replyTo: String
  let correlation: String
  /// Never beside the regular reading: two could write their figures in the wrong order.
  var orderKey: String { RefreshWallet(address: command.address).orderKey }
  var action: OperatorAction { command.action }
  var subject: String { command.address.base58 }

  static let policy = EffectPolicy(attemptsMax: 3, timeout: .seconds(10), deadline: .seconds(60))

  static func run(_ effect: RefreshOnDemand, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    let address = effect.command.address
    guard let reading = try await WalletReading.make(address, isFull: true, context.bus, world) else {
      return effect.refuse("unknown_supplier", "\(address) is not in the pool: add it first")
    }
    let needs = reading.needs + [effect.recordNeed]
    return .done(needs: needs) { unit in
      if try effect.wasAnswered(unit) { return }
      try reading.apply(unit)
      let left = try unit.find(SupplierWallet.self, address.base58)?.available ?? .zero
      try effect.conclude(unit, ok: true, "done", "\(address) can lend \(left) of its stake")
    }
  }
}
