import BusKit
import Contracts
import Foundation
import TronKit

/// The hold of one order, kept for ever: it is what makes repeated commands answer the same.
struct HoldRow: Row {
  static let table = "holds"

  /// The order.
  let id: OrderID
  let customer: CustomerID
  var amount: Sun
  var state: Hold.State
  var captured: Sun
  var answerSeq: Int64
  var answerAvailable: Sun
  var settledSeq: Int64
  let createdAt: Date
  var updatedAt: Date

  var rowKey: String { id.text }

  init(order: OrderID, _ hold: Hold, createdAt: Date, updatedAt: Date) {
    id = order
    customer = hold.customer
    amount = hold.amount
    state = hold.state
    captured = hold.captured
    answerSeq = hold.answerSeq
    answerAvailable = hold.answerAvailable
    settledSeq = hold.settledSeq
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }

  var hold: Hold {
    Hold(
      customer: customer, amount: amount, state: state, captured: captured, answerSeq: answerSeq,
      answerAvailable: answerAvailable, settledSeq: settledSeq)
  }
}
