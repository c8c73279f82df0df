import BusKit

/// What the operator wants to be told.
struct MonitorSettings: Sendable {
  var poolEnergyLow = ThresholdAlert(threshold: 200_000)

  static func read(_ reader: inout EnvironmentReader) -> MonitorSettings {
    let threshold = reader.integer("ENERGY_ALERT_POOL_ENERGY_MIN", default: 200_000, in: 0...1_000_000_000_000)
    return MonitorSettings(poolEnergyLow: ThresholdAlert(threshold: threshold))
  }
}
