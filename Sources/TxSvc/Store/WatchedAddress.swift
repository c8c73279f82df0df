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
  /// What strangers have sent below the minimums, ever. A sum and no rows: whoever wants to fill histories with dust
  /// fills no table.
  var dustSun: Int64 = 0
  var dustToken: Int64 = 0

  var rowKey: String { address.base58 }

  /// More than there is of TRX or of the token cannot come together; a counter that is full stays full.
  mutating func addDust(_ amount: Int64, isToken: Bool) {
    let (sum, overflow) = (isToken ? dustToken : dustSun).addingReportingOverflow(amount)
    let total = overflow ? Int64.max : sum
    if isToken { dustToken = total } else { dustSun = total }
  }
}
