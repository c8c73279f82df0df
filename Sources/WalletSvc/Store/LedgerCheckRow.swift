import BusKit
import Foundation

/// The outcome of the last check of each kind, and whether one is under way.
struct LedgerCheckRow: Row {
  static let table = "ledger_audits"
  static let recent = "recent"
  static let full = "full"

  /// `recent` or `full`.
  let id: String
  var differences: Int64 = 0
  var detail = ""
  /// nil: none is under way.
  var startedAt: Date?
  /// nil: none has come to its end.
  var checkedAt: Date?
  /// The moment that it saw.
  var asOf: Date?
  /// The newest block then.
  var throughBlock: Int64?

  var rowKey: String { id }

  /// Notes that one begins; false when one is under way, and has been for no longer than `patience`.
  static func begin(_ id: String, patience: TimeInterval, _ unit: UnitOfWork) throws -> Bool {
    var row = try unit.find(LedgerCheckRow.self, id) ?? LedgerCheckRow(id: id)
    if let started = row.startedAt, unit.now.timeIntervalSince(started) < patience { return false }
    row.startedAt = unit.now
    try unit.save(row)
    return true
  }

  /// None is under way any more.
  static func end(_ id: String, _ unit: UnitOfWork) throws {
    guard var row = try unit.find(LedgerCheckRow.self, id) else { return }
    row.startedAt = nil
    try unit.save(row)
  }
}
