import BusKit
import Foundation

/// Where an alert rule stands.
struct Incident: Row {
  static let table = "incidents"
  static let poolEnergyLow = "pool_energy_low"

  /// The rule; or the topic of incidents that come one by one, `/`, and what each is about.
  let id: String
  var state: ThresholdAlert.State
  var since: Date
  /// The number at the last change of state.
  var value: Int64
  /// Of the event that was applied last, where events come one by one.
  var seq: Int64?

  static func ledger(_ aggregate: String) -> String { "ledger/\(aggregate)" }
  /// Of wallet-svc's ledger, by whom it concerns.
  static func books(_ subject: String) -> String { "books/\(subject)" }
  static func custody(_ aggregate: String) -> String { "custody/\(aggregate)" }

  /// Incidents that come one by one and are told as one alert: when the first opens, and when the last is closed.
  enum Series: String, Codable, Sendable, CaseIterable {
    case lateReclaims = "late_reclaim"
    case strays = "stray"

    /// The alert; its value is how many are open.
    var alertID: String { "open/\(rawValue)" }
    func id(_ aggregate: String) -> String { "\(rawValue)/\(aggregate)" }
  }

  var rowKey: String { id }
}
