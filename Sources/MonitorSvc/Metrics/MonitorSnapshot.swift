import BusKit
import Contracts
import Postgres

/// What the tables say at one moment.
struct MonitorSnapshot: Sendable, Equatable {
  /// Orders under way, by state.
  var open: [String: Int64] = [:]
  /// By `Counter.id`.
  var counters: [String: Tally] = [:]
  var poolAvailable: Int64?
  var poolDelegated: Int64?
  /// Differences between tx-svc's rows and the chain that are not settled.
  var ledgerIncidents: Int64 = 0
  /// Whose part of wallet-svc's ledger differs, and sealing that has stopped: not cleared yet.
  var bookIncidents: Int64 = 0
  /// Custody accounts that differ from the chain, in one currency each.
  var custodyIncidents: Int64 = 0
  /// Open incidents of each series, by its name.
  var series: [Incident.Series: Int64] = [:]

  struct Tally: Sendable, Equatable {
    var count: Int64 = 0
    var total: Double = 0
  }

  static func read(_ session: PostgresSession) throws -> MonitorSnapshot {
    var snapshot = MonitorSnapshot()
    // Uses monitored_orders_open.
    let open = try session.execute(
      "select state, count(*) as orders from monitored_orders where not is_ended group by state")
    for row in open.rows { snapshot.open[try row.string("state")] = try row.int("orders") }
    for row in try session.execute("select id, count, total from counters").rows {
      snapshot.counters[try row.string("id")] = Tally(
        count: try row.int("count"), total: try row.double("total"))
    }
    if let row = try session.execute("select available, delegated from pool where id = $1", [.text(PoolRow.key)])
      .rows.first
    {
      snapshot.poolAvailable = try row.int("available")
      snapshot.poolDelegated = try row.int("delegated")
    }
    let incidents = try session.execute(
      """
      select count(*) filter (where id like 'ledger/%') as ledger,
        -- Not what cannot be sealed: no capture waits for it, and wallet-svc itself tells.
        count(*) filter (where id like 'books/%' and id <> 'books/\(LedgerDifferenceFound.sealing)') as books,
        count(*) filter (where id like 'custody/%') as custody
      from incidents where state = 'firing'
      """
    ).rows.first
    snapshot.ledgerIncidents = try incidents?.int("ledger") ?? 0
    snapshot.bookIncidents = try incidents?.int("books") ?? 0
    snapshot.custodyIncidents = try incidents?.int("custody") ?? 0
    for series in Incident.Series.allCases {
      let alert = try session.execute("select value from incidents where id = $1", [.text(series.alertID)])
      snapshot.series[series] = try alert.rows.first?.int("value") ?? 0
    }
    return snapshot
  }

  func orders(_ state: OrderState) -> Int64 {
    state.isTerminal ? counters[Counter.ended(state)]?.count ?? 0 : open[state.rawValue] ?? 0
  }
}
