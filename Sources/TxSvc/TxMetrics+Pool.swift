import BusKit
import Contracts
import Foundation

extension TxMetrics {
  /// Wallets, differences between ledger and chain, the chain's parameters.
  static func refreshPool(_ bus: Bus) async throws {
    try await bus.read { session in
      let metrics = bus.metrics
      let open = try session.execute(
        "select kind, count(*) as count from ledger_differences where state = 'reported' group by kind"
      ).rows
      var counts = Dictionary(uniqueKeysWithValues: LedgerDiffers.Kind.allCases.map { ($0.rawValue, Int64(0)) })
      for row in open { counts[try row.string("kind")] = try row.int("count") }
      for (kind, count) in counts {
        metrics.gauge("energy_tx_ledger_differences", labels: [("kind", kind)]).set(Double(count))
      }
      let age = try session.execute(
        """
        select extract(epoch from clock_timestamp() - min(figures_at)) as age from supplier_wallets where is_enabled
        """
      ).rows.first?.doubleIfPresent("age")
      if let age { metrics.gauge("energy_tx_wallet_figures_age_seconds").set(age) }
      let parameters = try session.execute("select * from chain_parameters").decoded(ChainParametersRow.self).first
      for (name, value) in parameters?.parameters.named ?? [] {
        metrics.gauge("energy_tx_chain_parameter", labels: [("name", name)]).set(Double(value))
      }
    }
  }
}
