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

  /// Takes down what an event says of an incident that comes one by one. The row must be among the unit's needs.
  /// - Returns: whether that is news; false for an event that is not newer than what is known, which changes nothing.
  @discardableResult
  static func record(_ id: String, isOpen: Bool, value: Int64, seq: Int64, _ unit: UnitOfWork) throws -> Bool {
    let known = try unit.find(Incident.self, id)
    if let last = known?.seq, seq <= last { return false }
    // One that is open has been since it opened. What is settled is kept for a time that the last event begins.
    let since = isOpen && known?.state == .firing ? known?.since : nil
    try unit.save(
      Incident(id: id, state: isOpen ? .firing : .resolved, since: since ?? unit.now, value: value, seq: seq))
    return true
  }
}
