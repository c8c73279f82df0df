import BusKit
import Contracts
import TronKit

/// One incident per leg that is late in coming back and per stray delegation. Subscribers hear when the first of a kind
/// opens and when the last is closed: one message each, however many there are. Without a wallet, a receiver or an
/// order: any customer may subscribe.
enum SeriesHandler {
  static func needs(_ event: ReclaimOverdue) -> [Need] { needs(.lateReclaims, event.aggregate) }
  static func needs(_ event: StrayTransactionFound) -> [Need] { needs(.strays, event.aggregate) }

  static func apply(_ event: ReclaimOverdue, _ unit: UnitOfWork) throws {
    try apply(.lateReclaims, event.aggregate, isOpen: event.settledAt == nil, event.stake, seq: event.seq, unit)
  }

  /// One that had no effect, or took something back, lends nothing that could come back.
  static func apply(_ event: StrayTransactionFound, _ unit: UnitOfWork) throws {
    try apply(.strays, event.aggregate, isOpen: event.isOpen, event.stake, seq: event.seq, unit)
  }

  private static func needs(_ series: Incident.Series, _ aggregate: String) -> [Need] {
    [.row(Incident.self, series.id(aggregate)), .row(Incident.self, series.alertID)]
  }

  private static func apply(
    _ series: Incident.Series, _ aggregate: String, isOpen: Bool, _ stake: Sun, seq: Int64, _ unit: UnitOfWork
  ) throws {
    let id = series.id(aggregate)
    let wasOpen = try unit.find(Incident.self, id)?.state == .firing
    guard try Incident.record(id, isOpen: isOpen, value: stake.value, seq: seq, unit), isOpen != wasOpen
    else { return }
    let alert = try unit.find(Incident.self, series.alertID)
    let open = max(0, (alert?.value ?? 0) + (isOpen ? 1 : -1))
    let state: ThresholdAlert.State = open > 0 ? .firing : .resolved
    let isNews = state != alert?.state ?? .resolved
    try unit.save(
      Incident(id: series.alertID, state: state, since: isNews ? unit.now : alert?.since ?? unit.now, value: open))
    if isNews { try unit.start(SeriesNotice(series: series, state: state)) }
  }
}
