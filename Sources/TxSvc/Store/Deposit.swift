import BusKit
import Foundation
import TronKit

/// A transfer to a watched address in a solid block, taken down once.
struct Deposit: Row {
  static let table = "deposits"

  enum Kind: String, Codable, Sendable {
    /// Told as DepositFound.
    case deposit
    /// From an address of ours: nobody is told.
    case own
    /// Told as DepositHeld: a person decides.
    case held
  }

  /// The transaction, and for a token the place of the log.
  let id: String
  let address: TronAddress
  let sender: TronAddress
  /// nil: TRX.
  let token: TronAddress?
  /// nil: more than fits.
  let amount: Int64?
  let txID: TransactionID
  let logIndex: Int?
  let kind: Kind
  let blockNumber: Int64
  let blockID: BlockID
  let timeMs: Int64
  let foundAt: Date

  var rowKey: String { id }
}
