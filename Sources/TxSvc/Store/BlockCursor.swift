import BusKit
import Foundation
import Postgres
import TronKit

/// How far the chain has been followed, and who follows it. Advanced by compare-and-set in the transaction that
/// writes what was found, so that two followers are harmless.
struct BlockCursor: Row {
  static let table = "block_cursor"
  static let key = "head"

  let id: String
  var number: Int64
  var blockID: BlockID
  /// Chain time in milliseconds.
  var timeMs: Int64
  /// When Postgres heard of it.
  var advancedAt: Date
  /// The nodes' head when it was last asked for: far ahead of `number` while the follower catches up.
  var headNumber: Int64
  var solidNumber: Int64
  var solidBlockID: BlockID
  var solidTimeMs: Int64
  /// Smoothed distance of two blocks in milliseconds.
  var intervalMs: Int64
  /// The process that follows, until `leaseUntil`.
  var follower: String
  var leaseUntil: Date

  var rowKey: String { id }

  /// nil before anything was followed.
  static func read(_ session: PostgresSession) throws -> BlockCursor? {
    try session.execute("select * from block_cursor").decoded(BlockCursor.self).first
  }

  /// With Postgres' time, by which its ages are judged.
  static func readWithTime(_ session: PostgresSession) throws -> (cursor: BlockCursor?, now: Date) {
    let rows = try session.execute(
      "select block_cursor.*, clock_timestamp() as now from (select) as moment left join block_cursor on true"
    ).rows
    guard let row = rows.first else { throw TransientFailure("Postgres did not tell its time") }
    let isThere = try row.stringIfPresent("id") != nil
    return (isThere ? try PostgresRowDecoder().decode(BlockCursor.self, from: row) : nil, try row.date("now"))
  }
}
