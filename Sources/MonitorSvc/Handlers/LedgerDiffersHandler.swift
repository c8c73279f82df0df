import BusKit
import Contracts

/// One incident per difference between tx-svc's rows and the chain. Not told to those who subscribed in the bot: any
/// customer may, and this concerns the keys. The metric is what operators are alerted by.
enum LedgerDiffersHandler {
  static func needs(_ event: LedgerDiffers) -> [Need] { [.row(Incident.self, Incident.ledger(event.aggregate))] }

  static func apply(_ event: LedgerDiffers, _ unit: UnitOfWork) throws {
    let id = Incident.ledger(event.aggregate)
    if let seq = try unit.find(Incident.self, id)?.seq, event.seq <= seq { return }
    let (difference, overflow) = event.chain.value.subtractingReportingOverflow(event.ours.value)
    try unit.save(
      Incident(
        id: id, state: event.settledAt == nil ? .firing : .resolved, since: unit.now,
        value: overflow ? Int64.max : difference, seq: event.seq))
  }
}
