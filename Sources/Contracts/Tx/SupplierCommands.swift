import BusKit
import Foundation
import TronKit

/// Whether a supplier wallet gets new legs. What it has lent is taken back in every state.
public enum SupplierState: String, Codable, Sendable, CaseIterable {
  case enabled
  /// No new legs; tx-svc reports when nothing of ours is lent any more, and the wallet is disabled then.
  case draining
  case disabled
}

/// An operator enables, drains or disables a supplier wallet. Answered with CommandResult.
public struct SetSupplierState: Message {
  public static let messageType = "tx.SetSupplierState"
  public static let topic = Topic.txCommands
  public let address: TronAddress
  public let state: SupplierState
  public let action: OperatorAction
  public var messageKey: String { address.base58 }
  public init(address: TronAddress, state: SupplierState, action: OperatorAction) {
    self.address = address
    self.state = state
    self.action = action
  }
}

/// An operator wants a wallet's figures read from the chain at once. Answered with CommandResult when they are.
public struct RefreshSupplier: Message {
  public static let messageType = "tx.RefreshSupplier"
  public static let topic = Topic.txCommands
  public let address: TronAddress
  public let action: OperatorAction
  public var messageKey: String { address.base58 }
  public init(address: TronAddress, action: OperatorAction) {
    self.address = address
    self.action = action
  }
}
