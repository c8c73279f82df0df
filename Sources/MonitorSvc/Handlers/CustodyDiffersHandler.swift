import BusKit
import Contracts

/// One incident per custody account and currency that is not what the ledger says. Told to operators by the metric, to
/// nobody in the bot: any customer may subscribe there.
enum CustodyDiffersHandler {
  static func needs(_ event: CustodyDiffers) -> [Need] { [.row(Incident.self, Incident.custody(event.aggregate))] }

  static func apply(_ event: CustodyDiffers, _ unit: UnitOfWork) throws {
    let id = Incident.custody(event.aggregate)
    let known = try unit.find(Incident.self, id)
    if let seq = known?.seq, event.seq <= seq { return }
    let state: ThresholdAlert.State = event.settledAt == nil ? .firing : .resolved
    let since = known?.state == state ? known?.since : nil
    try unit.save(
      Incident(id: id, state: state, since: since ?? unit.now, value: event.difference, seq: event.seq))
  }
}
