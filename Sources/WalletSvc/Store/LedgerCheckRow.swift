import BusKit
import Foundation

/// The outcome of the last check of each kind.
struct LedgerCheckRow: Row {
  static let table = "ledger_checks"

  /// `recent` or `full`.
  let id: String
  let differences: Int64
  let detail: String
  let checkedAt: Date
  /// The moment that it saw; nil in a row of the release before.
  var asOf: Date?
  /// The newest block then.
  var throughBlock: Int64?

  var rowKey: String { id }
}
