import BusKit
import Foundation

/// An operator gives a deposit key up, as after its theft: its addresses are shown to nobody from then on, and a
/// customer who has one of them is given another one. They stay watched, and what arrives there is credited as before.
/// It cannot be taken back. Answered with CommandResult: `done`, `unchanged` (it was retired before), `unknown_key`,
/// `key_in_use` (wallet-svc hands out its addresses: give it another key first, or none), `invalid_operator`,
/// `invalid_reason`, `invalid_key`.
public struct RetireDepositKey: Message {
  public static let messageType = "wallet.RetireDepositKey"
  public static let topic = Topic.walletCommands
  /// Of the extended public key, as DepositStatusView shows it.
  public let fingerprint: String
  public let action: OperatorAction
  public var messageKey: String { fingerprint }
  public init(fingerprint: String, action: OperatorAction) {
    self.fingerprint = fingerprint
    self.action = action
  }
}

/// An extended public key that is, or was, configured.
public struct DepositKeyView: Codable, Sendable, Equatable {
  public let fingerprint: String
  /// From 1, in the order in which the keys were first seen.
  public let generation: Int64
  /// When its addresses were given up; nil while they are shown.
  public let retiredAt: Date?
  public init(fingerprint: String, generation: Int64, retiredAt: Date?) {
    self.fingerprint = fingerprint
    self.generation = generation
    self.retiredAt = retiredAt
  }
}
