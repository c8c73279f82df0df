import BusKit
import Contracts
import Foundation
import TronKit

/// What is compared with the chain by the clock.
enum ReconcileTicks {
  /// Open differences looked at in one round.
  static let openMax = 100
  static let openEvery: Duration = .seconds(300)

  static let needsOfNight: [Need] = [
    .all(SupplierWallet.self), .all(Reconciliation.self),
    .rows(LedgerDifference.self, where: "state", is: LedgerDifferencesView.State.settled.rawValue),
  ]

  /// Every receiver of every wallet; also of one that is disabled, for its key may still be abused.
  static func night(_ tick: Tick, _ unit: UnitOfWork) throws {
    for wallet in try unit.all(SupplierWallet.self) { try begin(wallet.address, night: tick.time, unit) }
    for row in try unit.all(LedgerDifference.self) {
      guard let settledAt = row.settledAt, unit.now.timeIntervalSince(settledAt) > LedgerDifference.keptFor else {
        continue
      }
      try unit.delete(LedgerDifference.self, row.id)
    }
  }

  static func begin(_ wallet: TronAddress, night: Date, _ unit: UnitOfWork) throws {
    var row =
      try unit.find(Reconciliation.self, wallet.base58) ?? Reconciliation(id: wallet, night: night, startedAt: unit.now)
    row.begin(night, now: unit.now)
    try unit.save(row)
    try unit.start(ReconcileWallet(wallet: wallet, night: night))
  }

  static let needsOfOpen: [Need] = [
    .rows(LedgerDifference.self, where: "state", is: LedgerDifferencesView.State.reported.rawValue)
  ]

  /// Whether what was reported has been settled. What is too much for one round is left to the next ones.
  static func open(_ unit: UnitOfWork) throws {
    let open = try unit.all(LedgerDifference.self)
    let round = Int(unit.now.timeIntervalSince1970 / openEvery.timeInterval)
    for row in inTurn(open, round) { try unit.start(CheckLedger(wallet: row.wallet, receiver: row.receiver)) }
  }

  static func inTurn(_ open: [LedgerDifference], _ round: Int) -> [LedgerDifference] {
    guard open.count > openMax else { return open }
    let first = round * openMax % open.count
    return Array((open[first...] + open[..<first]).prefix(openMax))
  }
}
