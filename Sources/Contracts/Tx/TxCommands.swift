import BusKit
import Foundation
import TronKit

/// Asks for energy on the receiver's address. tx-svc plans the legs, signs, broadcasts and watches them; the seal
/// proves that order-svc asked (I13). Repeating it changes nothing.
public struct DelegateEnergy: Message {
  public static let messageType = "tx.DelegateEnergy"
  public static let topic = Topic.txCommands
  public let order: OrderID
  public let customer: CustomerID
  public let receiver: TronAddress
  public let energy: Energy
  public let durationSeconds: Int64
  /// After this no new leg is started.
  public let deadline: Date
  public let seal: OrderSeal
  public var messageKey: String { order.text }
  public init(
    order: OrderID, customer: CustomerID, receiver: TronAddress, energy: Energy, durationSeconds: Int64, deadline: Date,
    seal: OrderSeal
  ) {
    self.order = order
    self.customer = customer
    self.receiver = receiver
    self.energy = energy
    self.durationSeconds = durationSeconds
    self.deadline = deadline
    self.seal = seal
  }
}

/// Asks to stop delivering: answered with DelegationFailed when nothing is or can ever be on chain, with
/// DelegationConfirmed when it is too late. Also sent again to ask for news.
public struct WithdrawDelegation: Message {
  public static let messageType = "tx.WithdrawDelegation"
  public static let topic = Topic.txCommands
  public let order: OrderID
  public var messageKey: String { order.text }
  public init(order: OrderID) { self.order = order }
}

/// Asks to take the energy back, not before `endsAt` in chain time. Repeating it asks for news.
public struct ReclaimEnergy: Message {
  public static let messageType = "tx.ReclaimEnergy"
  public static let topic = Topic.txCommands
  public let order: OrderID
  public let receiver: TronAddress
  public let endsAt: Date
  public let seal: OrderSeal
  public var messageKey: String { order.text }
  public init(order: OrderID, receiver: TronAddress, endsAt: Date, seal: OrderSeal) {
    self.order = order
    self.receiver = receiver
    self.endsAt = endsAt
    self.seal = seal
  }
}

/// An operator adds a supplier wallet. The key is sealed to tx-svc's public key (HPKE) before it leaves the operator's
/// machine. Answered with CommandResult.
public struct AddSupplier: Message {
  public static let messageType = "tx.AddSupplier"
  public static let topic = Topic.txCommands
  public let address: TronAddress
  public let sealedKey: SealedKey
  /// 0: owner permission; ≥ 2: an active permission restricted to delegating and taking back.
  public let permissionID: Int
  public let action: OperatorAction
  public var messageKey: String { address.base58 }
  public init(address: TronAddress, sealedKey: SealedKey, permissionID: Int, action: OperatorAction) {
    self.address = address
    self.sealedKey = sealedKey
    self.permissionID = permissionID
    self.action = action
  }
}

/// The kill switch, in two steps. Answered with CommandResult.
public struct SetSigning: Message {
  public enum Mode: String, Codable, Sendable, CaseIterable { case everything, reclaimsOnly = "reclaims_only", nothing }
  public static let messageType = "tx.SetSigning"
  public static let topic = Topic.txCommands
  public let mode: Mode
  public let action: OperatorAction
  public var messageKey: String { "signing" }
  public init(mode: Mode, action: OperatorAction) {
    self.mode = mode
    self.action = action
  }
}
