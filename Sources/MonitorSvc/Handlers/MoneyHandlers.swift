import BusKit
import Contracts

/// The books of wallet-svc: one incident per customer whose ledger differs (`*`: everybody's), and for sealing that has
/// stopped, until an operator clears it; and a count of commands about holds that contradict what was done before,
/// which have no end of their own. Not told to those who subscribed in the bot: any customer may.
enum MoneyHandlers {
  static func needs(_ event: LedgerDifferenceFound) -> [Need] { [.row(Incident.self, Incident.books(event.subject))] }

  static func apply(_ event: LedgerDifferenceFound, _ unit: UnitOfWork) throws {
    try Incident.record(
      Incident.books(event.subject), isOpen: event.clearedAt == nil, value: Int64(event.findings.count),
      seq: event.seq, unit)
  }

  static func needs(_ event: HoldContradicted) -> [Need] { [.row(Counter.self, Counter.contradicted(event.reason))] }

  static func apply(_ event: HoldContradicted, _ unit: UnitOfWork) throws {
    try Counter.add(Counter.contradicted(event.reason), unit)
  }
}
