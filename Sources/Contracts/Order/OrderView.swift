import Foundation
import TronKit

/// An order as everybody outside order-svc sees it.
public struct OrderView: Codable, Sendable, Equatable {
  public enum Origin: String, Codable, Sendable, CaseIterable { case telegram, rest }

  public var id: OrderID
  public var customer: CustomerID
  public var origin: Origin
  public var receiver: TronAddress
  public var energy: Energy
  public var durationSeconds: Int64
  public var price: Sun
  public var state: OrderState
  public var failure: OrderFailure?
  public var delegateTxIDs: [TransactionID]
  public var reclaimTxIDs: [TransactionID]
  public var createdAt: Date
  public var deliveredAt: Date?
  /// When the rental ends, in chain time.
  public var endsAt: Date?
  public var updatedAt: Date
  /// The number of the last change, as `OrderChanged.seq`; missing in what the release before has written.
  public var seq: Int64?

  public var status: OrderStatus { state.status }

  public init(
    id: OrderID, customer: CustomerID, origin: Origin, receiver: TronAddress, energy: Energy, durationSeconds: Int64,
    price: Sun, state: OrderState, failure: OrderFailure? = nil, delegateTxIDs: [TransactionID] = [],
    reclaimTxIDs: [TransactionID] = [], createdAt: Date, deliveredAt: Date? = nil, endsAt: Date? = nil, updatedAt: Date,
    seq: Int64? = nil
  ) {
    self.id = id
    self.customer = customer
    self.origin = origin
    self.receiver = receiver
    self.energy = energy
    self.durationSeconds = durationSeconds
    self.price = price
    self.state = state
    self.failure = failure
    self.delegateTxIDs = delegateTxIDs
    self.reclaimTxIDs = reclaimTxIDs
    self.createdAt = createdAt
    self.deliveredAt = deliveredAt
    self.endsAt = endsAt
    self.updatedAt = updatedAt
    self.seq = seq
  }
}
