import BusKit
import Contracts
import Synchronization

/// Brings the process' metrics to what the tables say. Counts live in Postgres, so a restart loses none and replicas
/// agree.
final class MonitorMetrics: Sendable {
  static let orders = "energy_orders"
  static let deliverySeconds = "energy_order_delivery_seconds"
  static let failures = "energy_order_failures_total"
  static let poolAvailable = "energy_pool_available_energy"
  static let poolDelegated = "energy_pool_delegated_energy"
  static let ledgerIncidents = "energy_ledger_incidents"
  static let custodyIncidents = "energy_custody_incidents"
  static let seriesIncidents = "energy_incidents"
  static let bookIncidents = "energy_book_incidents"
  static let holdContradictions = "energy_hold_contradictions_total"
  static let depositsHeld = "energy_deposits_held_total"
  static let recordDifferences = "energy_chain_record_differences_total"
  static let unexpectedWithdrawals = "energy_unexpected_withdrawals_total"

  /// How much of each counter the registry has been told. Held while it is told more: two scrapes at once count
  /// nothing twice.
  private let told = Mutex<[String: MonitorSnapshot.Tally]>([:])

  func refresh(_ bus: Bus) async throws {
    update(bus.metrics, with: try await bus.lookUp { try MonitorSnapshot.read($0) })
  }

  func update(_ metrics: MetricsRegistry, with snapshot: MonitorSnapshot) {
    // Those under way are order-svc's to count.
    for state in OrderState.allCases where state.isTerminal {
      let count = snapshot.counters[Counter.ended(state)]?.count ?? 0
      metrics.gauge(Self.orders, labels: [("state", state.rawValue)]).set(Double(count))
    }
    if let available = snapshot.poolAvailable { metrics.gauge(Self.poolAvailable).set(Double(available)) }
    if let delegated = snapshot.poolDelegated { metrics.gauge(Self.poolDelegated).set(Double(delegated)) }
    metrics.gauge(Self.ledgerIncidents).set(Double(snapshot.ledgerIncidents))
    metrics.gauge(Self.bookIncidents).set(Double(snapshot.bookIncidents))
    metrics.gauge(Self.custodyIncidents).set(Double(snapshot.custodyIncidents))
    for (series, count) in snapshot.series {
      metrics.gauge(Self.seriesIncidents, labels: [("kind", series.rawValue)]).set(Double(count))
    }
    told.withLock { told in
      func count(_ id: String, as name: String, _ label: (String, String)) {
        metrics.counter(name, labels: [label]).increment(by: Int(Self.news(id, snapshot, &told).count))
      }
      for reason in OrderFailure.allCases {
        count(Counter.failure(reason), as: Self.failures, ("reason", reason.rawValue))
      }
      for reason in DepositHeld.Reason.allCases {
        count(Counter.held(reason), as: Self.depositsHeld, ("reason", reason.rawValue))
      }
      metrics.counter(Self.unexpectedWithdrawals)
        .increment(by: Int(Self.news(Counter.withdrawal, snapshot, &told).count))
      for kind in ChainRecordDiffers.Kind.allCases {
        count(Counter.record(kind), as: Self.recordDifferences, ("kind", kind.rawValue))
      }
      for reason in HoldContradiction.allCases {
        count(Counter.contradicted(reason), as: Self.holdContradictions, ("reason", reason.rawValue))
      }
      let histogram = metrics.histogram(Self.deliverySeconds, buckets: DeliveryTime.buckets)
      var below = 0.0
      for bound in DeliveryTime.buckets + [.infinity] {
        let news = Self.news(Counter.delivery(DeliveryTime.bucket(of: bound)), snapshot, &told)
        defer { below = bound }
        guard news.count > 0 else { continue }
        // The mean of times that lie in one bucket lies in it too (kept there against rounding): counts and sum come
        // out right.
        let mean = min(bound, max(below == 0 ? 0 : below.nextUp, news.total / Double(news.count)))
        histogram.observe(mean, times: Int(news.count))
      }
    }
  }

  /// What has been added since the last time; an older snapshot adds nothing.
  private static func news(
    _ id: String, _ snapshot: MonitorSnapshot, _ told: inout [String: MonitorSnapshot.Tally]
  ) -> MonitorSnapshot.Tally {
    let known = told[id] ?? MonitorSnapshot.Tally()
    guard let current = snapshot.counters[id], current.count > known.count else { return MonitorSnapshot.Tally() }
    told[id] = current
    return MonitorSnapshot.Tally(count: current.count - known.count, total: current.total - known.total)
  }
}
