import BusKit
import Foundation
import TronKit

/// A solid transaction that has moved money of ours, taken down once: told as OwnTransactionFound.
struct OwnTransaction: Row {
  static let table = "own_transactions"

  let id: TransactionID
  /// nil: a stranger has paid the fee.
  let payer: TronAddress?
  let fee: Sun
  /// How many were told.
  let transfers: Int
  let succeeded: Bool
  let blockNumber: Int64
  let blockID: BlockID
  let timeMs: Int64
  let foundAt: Date

  var rowKey: String { id.hex }
}
