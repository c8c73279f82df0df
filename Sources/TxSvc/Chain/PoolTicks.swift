import BusKit
import Contracts
import Foundation
import TronKit

/// What is done by the clock: wallets are read, the pool's figures published.
enum PoolTicks {
  /// Published when they change by this much, in thousandths, or after `quietMax`.
  static let noticeablePermille: Int64 = 10
  static let quietMax: TimeInterval = 15

  /// Starts what is due for reading; one that is not enabled is read as long as it has lent something.
  static func refresh(_ unit: UnitOfWork, every interval: Duration) throws {
    for var wallet in try unit.all(SupplierWallet.self) {
      if wallet.state == .draining, wallet.isEmpty { try drained(&wallet, unit) }
      guard wallet.isEnabled || !wallet.isEmpty, wallet.refreshAt <= unit.now, !wallet.isBeingRead(at: unit.now)
      else { continue }
      wallet.refreshAt = unit.now.addingTimeInterval(interval.timeInterval)
      wallet.refreshStartedAt = unit.now
      try unit.save(wallet)
      try unit.start(RefreshWallet(address: wallet.address))
    }
  }

  private static func drained(_ wallet: inout SupplierWallet, _ unit: UnitOfWork) throws {
    wallet.isDraining = false
    wallet.seq += 1
    try unit.save(wallet)
    try unit.publish(SupplierStateChanged(address: wallet.address, state: .disabled, isDrained: true, seq: wallet.seq))
  }

  static let needsToPublish: [Need] = [
    .all(SupplierWallet.self), .row(ChainRatio.self, ChainRatio.key), .row(PoolFigure.self, PoolFigure.key),
  ]

  static func publish(_ unit: UnitOfWork, _ limits: SigningLimits) throws {
    guard let ratio = try unit.find(ChainRatio.self, ChainRatio.key)?.ratio else { return }
    let wallets = try unit.all(SupplierWallet.self)
    let (available, delegated) = try figures(wallets, ratio, limits, now: unit.now)
    let enabled = wallets.count { $0.isEnabled }
    let last = try unit.find(PoolFigure.self, PoolFigure.key)
    if let last, !isNews(last, available, delegated, enabled, now: unit.now) { return }
    let seq = EventSeq.next(after: last?.seq, unit.now)
    try unit.save(
      PoolFigure(
        id: PoolFigure.key, seq: seq, available: available, delegated: delegated, wallets: enabled,
        publishedAt: unit.now))
    try unit.publish(PoolChanged(available: available, delegated: delegated, wallets: enabled, seq: seq))
  }

  static func figures(
    _ wallets: [SupplierWallet], _ ratio: StakeRatio, _ limits: SigningLimits, now: Date
  ) throws -> (available: Energy, delegated: Energy) {
    var available = Energy.zero
    var delegated = Energy.zero
    for wallet in wallets {
      // One that would get no new leg has nothing to lend.
      if limits.mayLend(wallet, now: now) {
        available = try available.adding(ratio.energy(for: wallet.available))
      }
      delegated = try delegated.adding(ratio.energy(for: wallet.delegated))
    }
    return (available, delegated)
  }

  static func isNews(_ last: PoolFigure, _ available: Energy, _ delegated: Energy, _ wallets: Int, now: Date) -> Bool {
    if wallets != last.wallets || now.timeIntervalSince(last.publishedAt) >= quietMax { return true }
    return differs(available.value, last.available.value) || differs(delegated.value, last.delegated.value)
  }

  private static func differs(_ a: Int64, _ b: Int64) -> Bool {
    let base = Int128(max(abs(a), abs(b)))
    return Int128(abs(a - b)) * 1000 >= base * Int128(noticeablePermille) && a != b
  }
}
