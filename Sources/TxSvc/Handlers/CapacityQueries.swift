import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// What operators ask about the pool.
enum CapacityQueries {
  private static let hours = [1, 6, 24]
  /// Ends of rentals are taken together in steps of this many milliseconds.
  private static let slotMs: Int64 = 600_000
  private static let differencesMax: Int64 = 200

  static func capacity(_ bus: Bus, _ limits: SigningLimits) async throws -> CapacityView {
    try await bus.read { session in
      let wallets = try session.execute("select * from supplier_wallets order by address").decoded(SupplierWallet.self)
      let mode = try session.execute("select * from signing_state").decoded(SigningState.self).first?.mode
      let row = try session.execute("select * from chain_ratio").decoded(ChainRatio.self).first
      let now = try session.now()
      let isFresh = row.map { now.timeIntervalSince($0.readAt) <= limits.ratioAgeMax.timeInterval } ?? false
      let returns = try returns(session)
      return CapacityView(
        wallets: try wallets.map { try view($0, row?.ratio, returns[$0.address] ?? [], limits, now) },
        signing: mode ?? .everything, choice: limits.choice.rawValue, ratio: isFresh ? row?.ratio : nil)
    }
  }

  /// What comes back within the longest forecast, by wallet.
  private static func returns(_ session: PostgresSession) throws -> [TronAddress: [CapacityForecast.Return]] {
    // Uses legs_lent_by.
    let rows = try session.execute(
      """
      select l.supplier, sum(l.stake)::bigint as stake,
        greatest(0, ceil((coalesce(d.ends_at_ms, d.started_at_ms + d.duration_seconds * 1000) - c.time_ms)
          / $1::double precision))::bigint as slot
      from legs l join delegations d on d.id = l.order_id cross join block_cursor c
      where l.lent_to is not null and l.state in ('in_block', 'solid', 'reclaiming')
        and coalesce(d.ends_at_ms, d.started_at_ms + d.duration_seconds * 1000) <= c.time_ms + 86400000
      group by l.supplier, slot
      """, [.double(Double(slotMs))])
    var returns: [TronAddress: [CapacityForecast.Return]] = [:]
    for row in rows.rows {
      returns[try TronAddress(parsing: try row.string("supplier")), default: []].append(
        CapacityForecast.Return(
          after: Double(try row.int("slot") * slotMs) / 1000, stake: Sun(try row.int("stake"))))
    }
    return returns
  }

  private static func view(
    _ wallet: SupplierWallet, _ ratio: StakeRatio?, _ returns: [CapacityForecast.Return], _ limits: SigningLimits,
    _ now: Date
  ) throws -> CapacityView.Wallet {
    let energy = { (stake: Sun) in try ratio?.energy(for: stake) ?? .zero }
    let forecast = CapacityForecast(
      available: wallet.available,
      used: try ratio.map { try CapacityForecast.stake(used: wallet.energyUsed, ratio: $0) } ?? .zero, returns: returns)
    return CapacityView.Wallet(
      address: wallet.address, state: wallet.state, obstacle: limits.obstacle(wallet, now: now)?.rawValue,
      avoidedUntil: wallet.avoidUntil.flatMap { $0 > now ? $0 : nil }, available: try energy(wallet.available),
      forecasts: try hours.map { hours in
        let (least, most) = forecast.stake(after: Double(hours) * 3_600)
        return CapacityView.Forecast(hours: hours, energyLeast: try energy(least), energyMost: try energy(most))
      },
      availableStake: wallet.available, delegatedStake: wallet.delegated, reservedStake: wallet.reserved,
      foreignStake: Sun(max(0, wallet.delegatedOnChain.value - wallet.delegated.value)),
      energyUsed: wallet.energyUsed, stakedBandwidth: wallet.stakedBandwidth, freeBandwidth: wallet.freeBandwidth,
      balance: wallet.balance, rentalsLeft: wallet.rentalsLeft,
      figuresAgeSeconds: wallet.figuresAt.map { max(0, now.timeIntervalSince($0)) })
  }

  static func differences(_ bus: Bus) async throws -> LedgerDifferencesView {
    try await bus.read { session in
      let rows = try session.execute(
        "select * from ledger_differences order by state = 'settled', since desc, id limit $1",
        [.int(differencesMax)]
      ).decoded(LedgerDifference.self)
      let runs = try session.execute("select * from reconciliations order by id").decoded(Reconciliation.self)
      return LedgerDifferencesView(
        differences: rows.map {
          LedgerDifferencesView.Difference(
            kind: $0.kind, state: $0.state, wallet: $0.wallet, receiver: $0.receiver, ours: $0.ours, chain: $0.onChain,
            since: $0.since, reportedAt: $0.reportedAt, settledAt: $0.settledAt)
        },
        runs: runs.map {
          LedgerDifferencesView.Run(
            wallet: $0.id, startedAt: $0.startedAt, finishedAt: $0.finishedAt, receivers: $0.pairs,
            suspects: $0.suspects, isPartial: $0.isPartial)
        })
    }
  }
}
