import BusKit
import Contracts
import Foundation
import TronKit

/// An order as order-svc keeps it.
struct OrderRow: Row {
  static let table = "orders"

  /// What wallet-svc has said of the order's money, and what it was last asked to do with it. That this was done only
  /// wallet-svc knows: it tells how old the oldest money is that it still holds.
  enum HoldState: String, Codable, Sendable { case none, asked, held, refused, released, captured }

  let id: OrderID
  let customer: CustomerID
  let origin: OrderView.Origin
  let receiver: TronAddress
  let energy: Energy
  let durationSeconds: Int64
  let price: Sun
  var state: OrderState
  var failure: OrderFailure?
  var delegateTxs: [TransactionID]
  var reclaimTxs: [TransactionID]
  let createdAt: Date
  var deliveredAt: Date?
  var endsAt: Date?
  var updatedAt: Date

  /// Grows with every change; OrderChanged carries it.
  var seq: Int64
  /// The process that is answered when the order leaves `placed`.
  var replyTo: String
  var withdrawal: Withdrawal
  var hold: HoldState
  /// Energy that solid delegations carry; the charge is in proportion.
  var delivered: Energy
  var charged: Sun
  var cost: Sun
  /// The `seq` of the newest event of each service that this order has seen: older ones are ignored.
  var walletSeq: Int64
  var txSeq: Int64
  /// When something is to happen to the order if nothing else does before: the deadline of its state, in `active` the
  /// end of the rental. nil for an order that has ended.
  var dueAt: Date?
  /// The `seq` of a deadline that the release before has set and sent to itself; nil: none is on its way.
  var deadlineSeq: Int64?
  /// How often in this state a deadline passed while tx-svc owed an answer.
  var incidents: Int64

  var rowKey: String { id.text }

  init(_ command: PlaceOrder, price: Sun, now: Date, replyTo: String) {
    id = command.order
    customer = command.customer
    origin = command.origin
    receiver = command.receiver
    energy = command.energy
    durationSeconds = command.durationSeconds
    self.price = price
    state = .placed
    delegateTxs = []
    reclaimTxs = []
    createdAt = now
    updatedAt = now
    seq = 0
    self.replyTo = replyTo
    withdrawal = .none
    hold = .none
    delivered = .zero
    charged = .zero
    cost = .zero
    walletSeq = 0
    txSeq = 0
    incidents = 0
  }

  var view: OrderView {
    OrderView(
      id: id, customer: customer, origin: origin, receiver: receiver, energy: energy, durationSeconds: durationSeconds,
      price: price, state: state, failure: failure, delegateTxIDs: delegateTxs, reclaimTxIDs: reclaimTxs,
      createdAt: createdAt, deliveredAt: deliveredAt, endsAt: endsAt, updatedAt: updatedAt, seq: seq)
  }

  /// When the rental ends.
  var end: Date {
    get throws {
      guard let endsAt else { throw InvariantViolation("order \(id) is \(state.rawValue) and has no end") }
      return endsAt
    }
  }

  /// Whether `command` asks for this very order.
  func matches(_ command: PlaceOrder) -> Bool {
    customer == command.customer && receiver == command.receiver && energy == command.energy
      && durationSeconds == command.durationSeconds && origin == command.origin
  }
}
