import BusKit
import Contracts
import Postgres

/// What the tables say at one moment, in a transaction that sees one.
struct MonitorSnapshot: Sendable, Equatable {
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
    let alerts = Incident.Series.allCases.map { ($0, $0.alertID) }
    let open = try session.execute(
      "select id, value from incidents where id = any($1)", [.textArray(alerts.map(\.1))]
    ).rows.map { (try $0.string("id"), try $0.int("value")) }
    for (series, id) in alerts { snapshot.series[series] = open.first { $0.0 == id }?.1 ?? 0 }
    return snapshot
  }
}
