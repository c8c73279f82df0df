import BusKit
import Foundation

/// Where an alert rule stands.
struct Incident: Row {
  static let table = "incidents"
  static let poolEnergyLow = "pool_energy_low"

  /// The rule.
  let id: String
  var state: ThresholdAlert.State
  var since: Date
  /// The number at the last change of state.
  var value: Int64

  var rowKey: String { id }
}
