import BusKit
import Foundation

/// Where an alert rule stands.
struct Incident: Row {
  static let table = "incidents"
  static let poolEnergyLow = "pool_energy_low"

  /// The rule, or `ledger/` and what differs.
  let id: String
  var state: ThresholdAlert.State
  var since: Date
  /// The number at the last change of state.
  var value: Int64
  /// Of the event that was applied last, where events come one by one.
  var seq: Int64?

  static func ledger(_ aggregate: String) -> String { "ledger/\(aggregate)" }

  var rowKey: String { id }
}
