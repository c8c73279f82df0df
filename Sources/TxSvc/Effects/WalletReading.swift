import BusKit
import Contracts
import Foundation
import TronKit

/// A wallet's figures on their way from the chain into its row, with what our own rows said meanwhile.
struct WalletReading: Sendable {
  /// Reclaims within this time are paid for before another rental is taken on.
  private static let soonMs: Int64 = 3_600_000

  let address: TronAddress
  let figures: WalletFigures
  /// The cursor before the figures were read: they show at least what was followed then, if the node was as far.
  let followed: Int64
  let reclaimsSoon: Int64
  let transactionFee: Int64
  /// The chain's total is none that our rows allow.
  let isSuspicious: Bool

  /// What is known before the chain is asked.
  private struct Before: Sendable {
    let wallet: SupplierWallet
    let followed: Int64
    let followedMs: Int64
    let now: Date
  }

  /// nil for an unknown wallet.
  /// - Parameter isFull: everything, because somebody waits for it; else everything when it is due, and only what can
  ///   be lent otherwise.
  static func make(_ address: TronAddress, isFull: Bool, _ bus: Bus, _ world: TxEnvironment) async throws
    -> WalletReading?
  {
    guard let before = try await read(address, bus) else { return nil }
    let accountAge = before.wallet.accountAt.map { before.now.timeIntervalSince($0) }
    let isDue = accountAge.map { $0 >= world.walletRefresh.timeInterval * 0.9 } ?? true
    guard isFull || isDue || before.wallet.rentalsLeft == 0 else {
      let figures = try await WalletFigures.readDelegatable(address, world.nodes)
      return WalletReading(
        address: address, figures: figures, followed: before.followed, reclaimsSoon: 0, transactionFee: 0,
        isSuspicious: false)
    }
    try await checkBooks(address, bus)
    let (reclaimsSoon, transactionFee) = try await fees(address, before, bus)
    let legsBefore = try await bus.lookUp { try LedgerSnapshot.total(address, limit: world.comparedLegsMax, $0) }
    let (figures, _) = try await WalletFigures.read(address, world.nodes, isFull ? .confirmation : .refresh)
    let legsAfter = try await bus.lookUp { try LedgerSnapshot.total(address, limit: world.comparedLegsMax, $0) }
    if legsBefore == nil || legsAfter == nil { LedgerSnapshot.tooMany(address, bus) }
    return WalletReading(
      address: address, figures: figures, followed: before.followed, reclaimsSoon: reclaimsSoon,
      transactionFee: transactionFee, isSuspicious: try isSuspicious(figures, legsBefore, legsAfter))
  }

  /// What cannot be compared is not suspected.
  private static func isSuspicious(
    _ figures: WalletFigures, _ before: LedgerSnapshot?, _ after: LedgerSnapshot?
  ) throws -> Bool {
    guard let before, let after, let account = figures.account, before.solidBlock > 0,
      figures.block >= before.solidBlock
    else { return false }
    return try !LedgerBounds(before: before.legs, after: after.legs).contains(account.delegated)
  }

  private static func read(_ address: TronAddress, _ bus: Bus) async throws -> Before? {
    try await bus.lookUp { session in
      let rows = try session.execute("select * from supplier_wallets where address = $1", [.text(address.base58)])
      guard let wallet = try rows.decoded(SupplierWallet.self).first else { return nil }
      let cursor = try session.execute("select number, time_ms from block_cursor").rows.first
      let now = try session.now()
      return Before(
        wallet: wallet, followed: try cursor?.int("number") ?? 0, followedMs: try cursor?.int("time_ms") ?? 0, now: now)
    }
  }

  /// How many reclaims are to be paid for soon, and what one costs.
  private static func fees(
    _ address: TronAddress, _ before: Before, _ bus: Bus
  ) async throws -> (reclaimsSoon: Int64, transactionFee: Int64) {
    try await bus.lookUp { session in
      let fee = try session.execute("select transaction_fee from chain_parameters where transaction_fee is not null")
      // Uses legs_lent_by. A leg that has no time yet ends after its duration at the earliest.
      let soon = try session.execute(
        """
        select count(*) as count from legs l join delegations d on d.id = l.order_id
        where l.supplier = $1 and l.lent_to is not null
          and (d.state in ('reclaiming', 'failing')
            or coalesce(d.ends_at_ms, coalesce(d.started_at_ms, $2) + d.duration_seconds * 1000) <= $2 + $3)
        """, [.text(address.base58), .int(before.followedMs), .int(soonMs)])
      guard let row = soon.rows.first else { throw TransientFailure("Postgres did not count") }
      return (
        try row.int("count"), try fee.rows.first?.int("transaction_fee") ?? CapacityFees.transactionFeeAssumed
      )
    }
  }

  /// A wallet's sums are those of its legs, whatever the chain says: one statement sees both at one moment.
  private static func checkBooks(_ address: TronAddress, _ bus: Bus) async throws {
    let wrong = try await bus.lookUp { session in
      try session.execute(
        """
        select * from (
          select delegated, reserved,
            (select coalesce(sum(stake), 0)::bigint from legs
              where supplier = address and lent_to is not null and is_counted) as counted,
            (select coalesce(sum(stake), 0)::bigint from legs where reserved_by = address) as promised
          from supplier_wallets where address = $1
        ) as sums where delegated <> counted or reserved <> promised
        """, [.text(address.base58)]
      ).rows.first.map {
        "delegated \(try $0.int("delegated")), its legs \(try $0.int("counted")); "
          + "reserved \(try $0.int("reserved")), its legs \(try $0.int("promised"))"
      }
    }
    guard let wrong else { return }
    bus.metrics.counter("energy_tx_wallet_sums_wrong_total").increment()
    bus.logger.critical(
      "a wallet's sums are not those of its legs", metadata: ["wallet": "\(address)", "sun": "\(wrong)"])
  }

  // MARK: - Writing

  var needs: [Need] {
    [
      .row(SupplierWallet.self, address.base58), .rows(Leg.self, where: "reserved_by", is: address.base58),
      .row(ChainRatio.self, ChainRatio.key),
    ]
  }

  func apply(_ unit: UnitOfWork) throws {
    guard var wallet = try unit.find(SupplierWallet.self, address.base58) else { return }
    if isSuspicious { try unit.start(CheckLedger(wallet: address, receiver: nil)) }
    guard figures.block >= wallet.figuresBlock else { return }
    figures.write(to: &wallet, followed: followed)
    wallet.figuresAt = unit.now
    var unshown: Int64 = 0
    for leg in try unit.all(Leg.self, where: "reserved_by", is: address.base58) {
      guard RefreshWallet.isShown(leg, upTo: wallet.figuresBlock) else {
        unshown += 1
        continue
      }
      var shown = leg
      shown.reservedBy = nil
      wallet.reserved = try wallet.reserved.subtracting(leg.stake)
      try unit.save(shown)
    }
    if let account = figures.account {
      wallet.accountAt = unit.now
      let fees = CapacityFees(
        stakedBandwidth: account.stakedBandwidth, freeBandwidth: account.freeBandwidth, balance: account.balance,
        transactionFee: transactionFee)
      wallet.rentalsLeft = fees.rentals(reclaimsSoon: reclaimsSoon, unshown: unshown)
    }
    try unit.save(wallet)
    if let ratio = figures.ratio { try unit.save(ChainRatio(ratio, readAt: unit.now)) }
  }
}
