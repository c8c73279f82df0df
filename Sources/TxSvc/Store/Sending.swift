import BusKit
import Contracts
import Foundation
import TronKit

/// One sending of a transaction to one node. The row is committed before the bytes leave; without an outcome it
/// counts as "may have it".
struct Sending: Row {
  static let table = "sendings"

  let id: String
  let txID: TransactionID
  let orderID: OrderID
  let node: String
  let sentAt: Date
  /// nil until the node has answered.
  var outcome: SendingOutcome?
  /// The node's code and text.
  var code: String?
  var message: String?

  var rowKey: String { id }

  /// What a node answered to one sending.
  struct Answer: Sendable {
    let sendingID: String
    let outcome: SendingOutcome
    let code: String?
    let message: String?
  }

  mutating func note(_ answer: Answer) {
    outcome = answer.outcome
    code = answer.code
    message = answer.message.map { String($0.prefix(500)) }
  }
}
