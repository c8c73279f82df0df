import BusKit
import Contracts
import Foundation
import TronKit

/// Reads all figures of a wallet because an operator wants them now, and answers when they are in its row.
struct RefreshOnDemand: Effect {
  static let kind = "tx.refresh_on_demand"
  let command: RefreshSupplier
  let replyTo: String
  let correlation: String
  /// Never beside the regular reading: two could write their figures in the wrong order.
  var orderKey: String { RefreshWallet(address: command.address).orderKey }

  static let policy = EffectPolicy(attemptsMax: 3, timeout: .seconds(10), deadline: .seconds(60))

  static func run(_ effect: RefreshOnDemand, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    let address = effect.command.address
    guard let reading = try await WalletReading.make(address, isFull: true, context.bus, world) else {
      return effect.refuse("unknown_supplier", "\(address) is not in the pool: add it first")
    }
    let needs = reading.needs + [.row(OperatorRecord.self, effect.command.action.key)]
    return .done(needs: needs) { unit in
      try reading.apply(unit)
      let left = try unit.find(SupplierWallet.self, address.base58)?.available ?? .zero
      try effect.conclude(unit, ok: true, code: "done", detail: "\(address) can lend \(left) of its stake")
    }
  }

  func refuse(_ code: String, _ detail: String) -> EffectOutcome {
    let effect = self
    return .done(needs: [.row(OperatorRecord.self, command.action.key)]) {
      try effect.conclude($0, ok: false, code: code, detail: detail)
    }
  }

  private func conclude(_ unit: UnitOfWork, ok: Bool, code: String, detail: String) throws {
    // The same command ran twice at once: the second asker gets the first one's answer.
    if let record = try unit.find(OperatorRecord.self, command.action.key) {
      return try unit.reply(record.result, to: replyTo, correlation: correlation)
    }
    let record = OperatorRecord(
      id: command.action.key, command: RefreshSupplier.messageType, subject: command.address.base58, ok: ok,
      code: code, detail: detail, at: unit.now)
    try OperatorWork.conclude(record, action: command.action, replyTo: replyTo, correlation: correlation, unit)
  }
}
