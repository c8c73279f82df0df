import Contracts
import Foundation
import TronKit

/// One order as a test places it.
struct OrderRequest: Sendable {
  var order = OrderID.make()
  var customer = CustomerID(text: "cus_storm")
  var receiver: TronAddress
  var energy: Energy = Energy(65_000)
  var durationSeconds: Int64 = 2
  /// From the placing on; order-svc's own is a minute.
  var deadlineAfter: TimeInterval = 60
  /// When the customer wants it no more, from the placing on.
  var withdrawAfter: TimeInterval?
  /// Asks for the reclaim as soon as the delegation is final: tx-svc has to wait for the end.
  var asksEarly = false
  /// Its rental ends long after the test's other ones: when the chain's clock is moved on.
  var outlasts: Bool { durationSeconds >= Self.lastingSeconds }
  static let lastingSeconds: Int64 = 3_600
  /// Sends DelegateEnergy twice.
  var isRepeated = false
  var mustFail: OrderFailure?

  var record: OrderRecord {
    OrderRecord(
      id: order.text, receiver: receiver.base58, energy: energy.value, durationSeconds: durationSeconds,
      mustFail: mustFail)
  }
}
