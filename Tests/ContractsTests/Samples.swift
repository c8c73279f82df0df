import BusKit
import Contracts
import Crypto
import Foundation
import TronKit

/// Values that the tests share.
enum Samples {
  static let order = OrderID(text: "ord_0123456789abcdef0123456789abcdef")
  static let otherOrder = OrderID(text: "ord_ffffffffffffffffffffffffffffffff")
  static let customer = CustomerID(text: "cus_0123456789abcdef0123456789abcdef")
  static let receiver = USDT.mainnet
  static let time = Date(timeIntervalSince1970: 1_790_000_000.123)
  static let action = OperatorAction(actor: "ann", reason: "top-up", key: "k-1")
  static let key = SymmetricKey(data: Array(repeating: UInt8(7), count: 32))
  static let product = Product(
    id: "1h", durationSeconds: 3_600, sunPerEnergy: 60, energyMin: Energy(32_000), energyMax: Energy(10_000_000))
  static let seal = OrderSeal.delegate(
    order: order, customer: customer, receiver: receiver, energy: Energy(65_000), durationSeconds: 3_600, key: key)

  static func transaction(_ byte: UInt8 = 0xab) throws -> TransactionID {
    try TransactionID(bytes: [UInt8](repeating: byte, count: 32))
  }

  static func view(failure: OrderFailure? = nil, seq: Int64? = nil) throws -> OrderView {
    OrderView(
      id: order, customer: customer, origin: .rest, receiver: receiver, energy: Energy(65_000), durationSeconds: 3_600,
      price: Sun(3_900_000), state: .active, failure: failure, delegateTxIDs: [try transaction()],
      reclaimTxIDs: [try transaction(0xcd)], createdAt: time, deliveredAt: time.addingTimeInterval(3),
      endsAt: time.addingTimeInterval(3_603), updatedAt: time.addingTimeInterval(60), seq: seq)
  }

  static func leg() throws -> DelegationLeg {
    DelegationLeg(
      supplier: receiver, txID: try transaction(), energy: Energy(65_000), stake: Sun(7_000_000_000), blockNumber: 12,
      blockTime: time)
  }

}
