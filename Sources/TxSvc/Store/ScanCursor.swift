import BusKit
import Foundation
import Postgres
import TronKit

/// How far solid blocks were looked through. Moved by compare-and-set in the transaction that writes what was found;
/// whoever adds a watched address locks it too, so that no block can be passed between.
struct ScanCursor: Row {
  static let table = "solid_scan"
  static let key = "solid"

  let id: String
  var number: Int64
  var blockID: BlockID
  /// How many addresses are watched: with none, no block needs to be looked into.
  var watched: Int64
  /// Of the last event that is about no single address.
  var seq: Int64

  var rowKey: String { id }

  static func read(_ session: PostgresSession) throws -> ScanCursor? {
    try session.execute("select * from solid_scan").decoded(ScanCursor.self).first
  }
}
