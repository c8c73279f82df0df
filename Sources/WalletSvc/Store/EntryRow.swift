import BusKit
import Foundation

/// One account's share of a posting. Never changed, never deleted: the database refuses both.
struct EntryRow: Row {
  static let table = "entries"

  let id: String
  let transfer: String
  let account: String
  let currency: String
  let amount: Int64
  let createdAt: Date

  var rowKey: String { id }
}
