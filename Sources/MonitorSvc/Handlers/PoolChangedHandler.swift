import BusKit
import Contracts

/// Keeps the pool's numbers and judges the alert rule on them.
enum PoolChangedHandler {
  static let needs: [Need] = [.row(PoolRow.self, PoolRow.key), .row(Incident.self, Incident.poolEnergyLow)]

  static func apply(_ event: PoolChanged, _ unit: UnitOfWork, rule: ThresholdAlert) throws {
    if let known = try unit.find(PoolRow.self, PoolRow.key), event.seq <= known.seq { return }
    let available = event.available.value
    try unit.save(
      PoolRow(
        id: PoolRow.key, available: available, delegated: event.delegated.value, wallets: Int64(event.wallets),
        seq: event.seq, updatedAt: unit.now))
    let incident = try unit.find(Incident.self, Incident.poolEnergyLow)
    guard let transition = rule.step(incident?.state, value: available) else { return }
    let state: ThresholdAlert.State = transition == .fires ? .firing : .resolved
    try unit.save(Incident(id: Incident.poolEnergyLow, state: state, since: unit.now, value: available))
    try unit.start(PoolEnergyNotice(state: state, available: available, threshold: rule.threshold))
  }
}
