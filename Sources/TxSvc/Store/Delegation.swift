import BusKit
import Contracts
import Foundation
import TronKit

/// What one order asked for, and how far it is.
struct Delegation: Row {
  static let table = "delegations"

  let id: OrderID
  var customer: CustomerID
  var receiver: TronAddress
  var energy: Energy
  var durationSeconds: Int64
  /// After this no new leg is started.
  var deadline: Date
  var state: DelegationState
  /// order-svc asked to stop delivering.
  var isWithdrawn: Bool
  /// Why it fails or has failed.
  var failure: OrderFailure?
  /// Legs planned so far: the number of the next one.
  var legsPlanned: Int
  /// Chain time in milliseconds of the last leg's block.
  var startedAtMs: Int64?
  /// Chain time in milliseconds before which nothing is reclaimed.
  var endsAtMs: Int64?
  /// Of the last event.
  var seq: Int64
  var submittedSeq: Int64?
  var confirmedSeq: Int64?
  /// Burned TRX of all the order's solid transactions.
  var cost: Sun
  var correlation: String
  let createdAt: Date
  /// order-svc's proof that it asked for this, checked again whenever something is signed (I13). nil: the order was
  /// withdrawn before it was asked for, or is older than this column.
  var seal: OrderSeal?
  /// The same for its end.
  var reclaimSeal: OrderSeal?

  var rowKey: String { id.text }
}
