import BusKit
import Contracts
import Foundation
import TronKit

/// A transaction that was settled as dead and stands in a block nevertheless.
struct StrayTransaction: Row {
  static let table = "stray_transactions"

  let id: TransactionID
  let orderID: OrderID
  let legID: String
  let purpose: StoredTransaction.Purpose
  let supplier: TronAddress
  let receiver: TronAddress
  let stake: Sun
  let result: String?
  let blockNumber: Int64
  let blockID: BlockID
  /// Its block is final, and it was told.
  var isSolid: Bool
  let seenAt: Date
  /// When its leg counted again as lent; nil: what it lent is in no row.
  var settledAt: Date?

  var rowKey: String { id.hex }
  /// Where its block does not say, it is to be looked at as if it had taken effect.
  var isEffective: Bool { StoredTransaction.effect(of: result ?? "SUCCESS") ?? true }

  init(_ transaction: StoredTransaction, in delegation: DelegationCase, block: ChainBlock, result: String?, now: Date)
    throws
  {
    let leg = delegation.legs[try delegation.index(ofLeg: transaction.legID)]
    id = transaction.id
    orderID = transaction.orderID
    legID = transaction.legID
    purpose = transaction.purpose
    supplier = leg.supplier
    receiver = delegation.delegation.receiver
    stake = leg.stake
    self.result = result
    blockNumber = block.number
    blockID = block.id
    isSolid = false
    seenAt = now
  }

  /// Publishes it, once its block is solid.
  mutating func tell(_ unit: UnitOfWork) throws {
    isSolid = true
    try unit.save(self)
    try unit.publish(event)
  }

  /// Its leg is among the live ones again.
  mutating func settle(_ unit: UnitOfWork) throws {
    settledAt = unit.now
    try unit.save(self)
    try unit.publish(event)
  }

  private var event: StrayTransactionFound {
    StrayTransactionFound(
      order: orderID, txID: id, supplier: supplier, receiver: receiver, stake: stake,
      isDelegation: purpose == .delegate, isEffective: isEffective, blockNumber: blockNumber, settledAt: settledAt,
      seq: settledAt == nil ? 1 : 2)
  }
}
