import BusKit
import Foundation
import TronKit

/// An address whose deposits are looked for. It is watched for ever: money may come years later.
struct WatchedAddress: Row {
  static let table = "watched_addresses"
  static let keyColumn = "address"
  /// More are refused: each is a row that every solid block is matched with.
  static let countMax: Int64 = 5_000_000

  let address: TronAddress
  /// From here on nothing is missed.
  let fromBlock: Int64
  /// Of the last event about it.
  var seq: Int64
  let addedAt: Date

  var rowKey: String { address.base58 }
}
