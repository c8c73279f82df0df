import BusKit
import Contracts

/// One incident per custody account and currency that is not what the ledger says. Told to operators by the metric, to
/// nobody in the bot: any customer may subscribe there.
enum CustodyDiffersHandler {
  static func needs(_ event: CustodyDiffers) -> [Need] { [.row(Incident.self, Incident.custody(event.aggregate))] }

  static func apply(_ event: CustodyDiffers, _ unit: UnitOfWork) throws {
    try Incident.record(
      Incident.custody(event.aggregate), isOpen: event.settledAt == nil, value: event.difference, seq: event.seq, unit)
  }
}
