import BusKit
import Contracts
import Foundation

/// What was found to differ, by whom it concerns: kept for ever.
struct LedgerDifferenceRow: Row {
  static let table = "ledger_differences"

  /// A customer, `LedgerDifferenceFound.all` or `.sealing`.
  let id: String
  var foundBy: String
  var findings: [LedgerFinding]
  var seq: Int64
  var foundAt: Date
  /// nil: captures wait.
  var clearedAt: Date?
  /// Who cleared it last; kept when it is found again, so that the same command does not clear that too.
  var clearedBy: OperatorAction?

  var rowKey: String { id }

  /// Whether the database lacks, or may lack, what was done after its backup.
  var isRecovery: Bool { clearedAt == nil && findings.contains { $0.kind == .recovery } }
}

/// Captures that concern a customer, or all with `*`, wait while this row exists; with `*` the crediting of deposits,
/// too. A row of its own, deleted in the end: a lock on what does not exist makes nobody wait.
struct LedgerFreezeRow: Row {
  static let table = "ledger_freezes"

  let id: String
  let since: Date

  var rowKey: String { id }
}

/// A capture that waits: the hold is kept.
struct WaitingCaptureRow: Row {
  static let table = "waiting_captures"

  /// The order.
  let id: OrderID
  let customer: CustomerID
  let amount: Int64
  let since: Date

  var rowKey: String { id.text }
}
