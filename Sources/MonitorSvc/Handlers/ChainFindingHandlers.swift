import BusKit
import Contracts

/// Findings that have no end of their own: a deposit that a person has to judge, a solid block that is not what was
/// kept of it, a deposit address that has paid a stranger. Counted for Prometheus.
enum ChainFindingHandlers {
  static func needs(_ event: DepositHeld) -> [Need] { [.row(Counter.self, Counter.held(event.reason))] }
  static func apply(_ event: DepositHeld, _ unit: UnitOfWork) throws {
    try Counter.add(Counter.held(event.reason), unit)
  }

  static func needs(_ event: ChainRecordDiffers) -> [Need] { [.row(Counter.self, Counter.record(event.kind))] }
  static func apply(_ event: ChainRecordDiffers, _ unit: UnitOfWork) throws {
    try Counter.add(Counter.record(event.kind), unit)
  }

  static func needs(_ event: UnexpectedWithdrawal) -> [Need] { [.row(Counter.self, Counter.withdrawal)] }
  static func apply(_ event: UnexpectedWithdrawal, _ unit: UnitOfWork) throws {
    try Counter.add(Counter.withdrawal, unit)
  }
}
