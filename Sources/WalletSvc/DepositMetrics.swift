import BusKit
import Contracts
import Postgres

/// Figures of deposits, counted in the database when somebody asks: any replica tells the same.
enum DepositMetrics {
  static func register(_ settings: DepositSettings, in service: inout Service) {
    service.beforeMetrics { bus in
      let (stock, days, held) = try await bus.lookUp { session in
        (try readStock(settings, session), try count(today, session), try count(waiting, session))
      }
      let metrics = bus.metrics
      metrics.gauge("energy_wallet_deposit_addresses_free").set(Double(stock.free))
      metrics.gauge("energy_wallet_deposit_addresses_unconfirmed").set(Double(stock.unconfirmed))
      // How long tx-svc has owed an answer; 0 while it owes none.
      metrics.gauge("energy_wallet_deposit_addresses_unconfirmed_age_seconds").set(stock.oldest)
      if let age = stock.confirmedAge { metrics.gauge("energy_wallet_addresses_watched_age_seconds").set(age) }
      for state in DepositState.allCases {
        metrics.gauge("energy_wallet_deposits_day", labels: [("state", state.rawValue)])
          .set(Double(days[state.rawValue] ?? 0))
      }
      for obstacle in DepositObstacle.allCases {
        metrics.gauge("energy_wallet_deposits_held", labels: [("reason", obstacle.rawValue)])
          .set(Double(held[obstacle.rawValue] ?? 0))
      }
    }
  }

  /// Of the last 24 hours, by `deposits_created`.
  private static let today = """
    select state as name, count(*) as count from deposits where created_at > now() - interval '24 hours' group by state
    """
  /// By `deposits_state`.
  private static let waiting = """
    select obstacle as name, count(*) as count from deposits where state = 'held' group by obstacle
    """

  private static func count(_ statement: String, _ session: PostgresSession) throws -> [String: Int64] {
    try session.execute(statement).rows.reduce(into: [:]) { $0[try $1.string("name")] = try $1.int("count") }
  }

  private struct Stock: Sendable {
    let free: Int64
    let unconfirmed: Int64
    let oldest: Double
    let confirmedAge: Double?
  }

  private static func readStock(_ settings: DepositSettings, _ session: PostgresSession) throws -> Stock {
    let rows = try session.execute(
      """
      select (select count(*) from deposit_addresses where stock = $1) as free, count(*) as unconfirmed,
        coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as oldest,
        (select extract(epoch from now() - max(watched_at)) from deposit_addresses)::float8 as confirmed
      from deposit_addresses where state <> 'watched'
      """, [.text(settings.key?.fingerprint ?? "")]
    ).rows
    guard let row = rows.first else { throw InvariantViolation("Postgres did not count the deposit addresses") }
    return Stock(
      free: try row.int("free"), unconfirmed: try row.int("unconfirmed"), oldest: try row.double("oldest"),
      confirmedAge: try row.doubleIfPresent("confirmed"))
  }
}
