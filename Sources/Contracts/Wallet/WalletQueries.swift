import BusKit
import Foundation
import TronKit

/// A customer's money with us. A customer nobody has seen yet has zero.
public struct GetBalance: Query {
  public typealias Reply = CustomerBalance
  public static let messageType = "wallet.GetBalance"
  public static let topic = Topic.walletQueries
  public let customer: CustomerID
  public var messageKey: String { customer.text }
  public init(customer: CustomerID) { self.customer = customer }
}

public struct CustomerBalance: Codable, Sendable, Equatable {
  /// What can be spent.
  public let available: Sun
  /// What is set aside for orders.
  public let held: Sun
  /// Micro-USDT that can be spent; nil from a release that keeps none.
  public let usdt: Int64?
  public init(available: Sun, held: Sun, usdt: Int64? = 0) {
    self.available = available
    self.held = held
    self.usdt = usdt
  }
}

public struct GetAddresses: Query {
  public typealias Reply = SavedAddresses
  public static let messageType = "wallet.GetAddresses"
  public static let topic = Topic.walletQueries
  public let customer: CustomerID
  public var messageKey: String { customer.text }
  public init(customer: CustomerID) { self.customer = customer }
}

public struct SavedAddresses: Codable, Sendable, Equatable {
  public let addresses: [SavedAddress]
  public init(addresses: [SavedAddress]) { self.addresses = addresses }
}

/// What the chain says of an address, through wallet-svc's caches. Fails with `chain_unavailable` when nothing is
/// known.
public struct GetChainAccount: Query {
  public typealias Reply = ChainAccountView
  public static let messageType = "wallet.GetChainAccount"
  public static let topic = Topic.walletQueries
  public let address: TronAddress
  public var messageKey: String { address.base58 }
  public init(address: TronAddress) { self.address = address }
}

public struct ChainAccountView: Codable, Sendable, Equatable {
  public let address: TronAddress
  public let trx: Sun
  /// Micro-USDT.
  public let usdt: Int64
  public let energy: Energy
  public let bandwidth: Int64
  public let isActivated: Bool
  public let isContract: Bool
  public let asOf: Date
  /// True when the chain's APIs did not answer and this is the last value known.
  public let isStale: Bool
  public init(
    address: TronAddress, trx: Sun, usdt: Int64, energy: Energy, bandwidth: Int64, isActivated: Bool, isContract: Bool,
    asOf: Date, isStale: Bool
  ) {
    self.address = address
    self.trx = trx
    self.usdt = usdt
    self.energy = energy
    self.bandwidth = bandwidth
    self.isActivated = isActivated
    self.isContract = isContract
    self.asOf = asOf
    self.isStale = isStale
  }
}

extension ChainAccountView {
  /// Why energy cannot be delegated to the address; nil when nothing is known against it. An old answer says of nobody
  /// that the address is not activated: it may have been since.
  public var receiverFault: OrderFailure? {
    if isContract { return .receiverIsContract }
    return isActivated || isStale ? nil : .receiverNotActivated
  }
}
