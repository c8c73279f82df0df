import BusKit
import Contracts
import Foundation

/// How the comparison of one custody account in one currency stands: kept after each reading, so that a crash repeats
/// at most one.
struct CustodyCheckRow: Row {
  static let table = "custody_checks"

  /// Such as `deposits/TRX`.
  let id: String
  /// Which comparison it is: when it was due.
  var round: Date
  /// Nothing more is read in this round.
  var isOver: Bool
  var watch: CustodyWatch
  /// Of the last comparison that came to an end.
  var state: CustodyView.Account.State
  var difference: Int64
  /// The difference that was told and is not settled.
  var reported: Int64?
  var seq: Int64
  var addresses: Int
  var comparedAt: Date?
  var detail: String
  let createdAt: Date
  var updatedAt: Date

  var rowKey: String { id }

  static func key(_ place: LedgerAccount.Custody, _ currency: Currency) -> String {
    "\(place.rawValue)/\(currency.rawValue)"
  }

  init(id: String, round: Date, now: Date) {
    self.id = id
    self.round = round
    isOver = false
    watch = CustodyWatch(startedAt: now)
    state = .pending
    difference = 0
    reported = nil
    seq = 0
    addresses = 0
    comparedAt = nil
    detail = "waits for the first reading"
    createdAt = now
    updatedAt = now
  }

  /// Begins another comparison; what was told stays told.
  mutating func begin(_ round: Date, now: Date) {
    self.round = round
    isOver = false
    watch = CustodyWatch(startedAt: now)
    updatedAt = now
  }
}

/// How much of an address' dust stands in the journal.
struct CustodyDustRow: Row {
  static let table = "custody_dust"

  /// The address, `/`, and the currency.
  let id: String
  var amount: Int64
  var updatedAt: Date

  var rowKey: String { id }

  static func key(_ address: String, _ currency: Currency) -> String { "\(address)/\(currency.rawValue)" }
}
