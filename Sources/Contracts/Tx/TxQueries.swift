import BusKit
import TronKit

/// The X25519 public key to which supplier keys are sealed.
public struct GetSealingKey: Query {
  public typealias Reply = SealingKey
  public static let messageType = "tx.GetSealingKey"
  public static let topic = Topic.txQueries
  public var messageKey: String { "sealing" }
  public init() {}
}

public struct GetPool: Query {
  public typealias Reply = PoolView
  public static let messageType = "tx.GetPool"
  public static let topic = Topic.txQueries
  public var messageKey: String { "pool" }
  public init() {}
}

public struct PoolView: Codable, Sendable, Equatable {
  public struct Wallet: Codable, Sendable, Equatable {
    public let address: TronAddress
    public let available: Energy
    public let delegatedStake: Sun
    public let isEnabled: Bool
    public init(address: TronAddress, available: Energy, delegatedStake: Sun, isEnabled: Bool) {
      self.address = address
      self.available = available
      self.delegatedStake = delegatedStake
      self.isEnabled = isEnabled
    }
  }
  public let wallets: [Wallet]
  public let signing: SetSigning.Mode
  public init(wallets: [Wallet], signing: SetSigning.Mode) {
    self.wallets = wallets
    self.signing = signing
  }
}
