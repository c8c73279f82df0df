import BusKit
import Contracts

/// One incident per difference between tx-svc's rows and the chain. Not told to those who subscribed in the bot: any
/// customer may, and this concerns the keys. The metric is what operators are alerted by.
enum LedgerDiffersHandler {
  static func needs(_ event: LedgerDiffers) -> [Need] { [.row(Incident.self, Incident.ledger(event.aggregate))] }

  static func apply(_ event: LedgerDiffers, _ unit: UnitOfWork) throws {
    let (difference, overflow) = event.chain.value.subtractingReportingOverflow(event.ours.value)
    try Incident.record(
      Incident.ledger(event.aggregate), isOpen: event.settledAt == nil, value: overflow ? Int64.max : difference,
      seq: event.seq, unit)
  }
}
