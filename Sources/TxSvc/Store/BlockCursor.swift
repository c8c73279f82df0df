import BusKit
import Foundation
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
}
