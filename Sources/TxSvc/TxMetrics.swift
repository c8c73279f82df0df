import BusKit
import Foundation
import TronKit

/// Gauges that are read when someone looks.
enum TxMetrics {
  static func refresh(_ bus: Bus) async throws {
    try await refreshPool(bus)
    try await bus.read { session in
      let metrics = bus.metrics
      let cursor = try session.execute(
        """
        select extract(epoch from clock_timestamp()) - time_ms / 1000.0 as age, number, solid_number from block_cursor
        """
      ).rows.first
      if let cursor {
        metrics.gauge("energy_tx_head_age_seconds").set(try cursor.double("age"))
        metrics.gauge("energy_tx_head_block").set(Double(try cursor.int("number")))
        metrics.gauge("energy_tx_solid_block").set(Double(try cursor.int("solid_number")))
      }
      let figure = try session.execute("select * from pool_figure").decoded(PoolFigure.self).first
      if let figure {
        metrics.gauge("energy_tx_pool_available_energy").set(Double(figure.available.value))
        metrics.gauge("energy_tx_pool_delegated_energy").set(Double(figure.delegated.value))
        metrics.gauge("energy_tx_pool_wallets").set(Double(figure.wallets))
      }
      // Only the unfinished: the index is as small as they are few.
      let states = try session.execute(
        "select state, count(*) as count from delegations where state not in ('failed', 'reclaimed') group by state"
      ).rows
      var counts = Dictionary(uniqueKeysWithValues: DelegationState.allCases.map { ($0.rawValue, Int64(0)) })
      counts["failed"] = nil
      counts["reclaimed"] = nil
      for row in states { counts[try row.string("state")] = try row.int("count") }
      for (state, count) in counts {
        metrics.gauge("energy_tx_delegations", labels: [("state", state)]).set(Double(count))
      }
    }
  }
}
