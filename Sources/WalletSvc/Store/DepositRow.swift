import BusKit
import Contracts
import Foundation
import TronKit

/// Money that somebody has sent to an address of ours, and what became of it.
struct DepositRow: Row {
  static let table = "deposits"

  /// `<txid>`, `<txid>/<log's place>`, or `<txid>/internal/<place>` for what a contract sent on; for what an older
  /// tx-svc held `<txid>/<address>/<seq>`.
  let id: String
  let address: TronAddress
  let sender: TronAddress
  var customer: CustomerID?
  /// nil: an unknown token, or too much to be counted. `amount` is then nobody's money yet.
  let currency: Currency?
  let token: TronAddress?
  let amount: Int64?
  var state: DepositState
  var obstacle: DepositObstacle?
  let txID: TransactionID
  let logIndex: Int?
  let blockNumber: Int64
  let blockTime: Date
  /// `address` while it is held or refused and its coins are still there.
  var returnsFrom: TronAddress?
  /// Whom a refused one is given back to; nil: its sender.
  var returnTo: TronAddress?
  var decision: OperatorAction?
  /// Who has said whose it is, where a second operator has to say the same.
  var request: DepositCreditRequest?
  let createdAt: Date
  var decidedAt: Date?

  var rowKey: String { id }

  /// What the ledger counts; nil when it counts nothing of it.
  var money: Money? {
    guard let currency, let amount else { return nil }
    return Money(amount, currency)
  }

  /// Whether it tells of the same money: what may never differ for one id.
  func isSame(as other: DepositRow) -> Bool {
    address == other.address && sender == other.sender && token == other.token && amount == other.amount
      && txID == other.txID && blockNumber == other.blockNumber
  }
}
