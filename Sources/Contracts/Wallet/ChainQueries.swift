import BusKit
import TronKit

/// What the chain says of many addresses, each as GetChainAccount answers it. Fails with `too_many_addresses` beyond
/// `addressesMax`.
public struct GetChainAccounts: Query {
  public typealias Reply = ChainAccountsView
  public static let messageType = "wallet.GetChainAccounts"
  public static let topic = Topic.walletQueries
  /// Different addresses in one question.
  public static let addressesMax = 100
  public let addresses: [TronAddress]
  public var messageKey: String { addresses.first?.base58 ?? "" }
  public init(addresses: [TronAddress]) { self.addresses = addresses }
}

/// What is known of the addresses that were asked for: each stands once in one of the two lists.
public struct ChainAccountsView: Codable, Sendable, Equatable {
  /// In the order in which they were asked for.
  public let accounts: [ChainAccountView]
  /// No API of the chain answered for these, and nothing was known of them.
  public let unknown: [TronAddress]
  public init(accounts: [ChainAccountView], unknown: [TronAddress]) {
    self.accounts = accounts
    self.unknown = unknown
  }
}
