import BusKit
import Foundation
import TronKit

/// What addresses have in the solid state of the chain, and what of it is no deposit. Any address may be asked for:
/// those of GetPool too. Fails with `invalid_addresses`, or with `chain_unreachable` while no node answers.
///
/// It takes two calls for each address: with 15 requests a second, a hundred addresses take about 20 s. Give it time.
public struct GetSolidBalances: Query {
  public typealias Reply = SolidBalancesView
  public static let messageType = "tx.GetSolidBalances"
  public static let topic = Topic.txQueries
  /// The most that one query may name, each once.
  public static let addressesMax = 100
  public let addresses: [TronAddress]
  public var messageKey: String { addresses.first?.base58 ?? "none" }
  public init(addresses: [TronAddress]) { self.addresses = addresses }
}

public struct SolidBalancesView: Codable, Sendable, Equatable {
  /// An address without an account has zeros, but may have tokens.
  public struct Balance: Codable, Sendable, Equatable {
    public let address: TronAddress
    public let isActivated: Bool
    /// TRX that can be spent.
    public let available: Sun
    /// TRX staked for energy, bandwidth or votes, lent to others or not.
    public let staked: Sun
    /// TRX on its way out of stake, or ready to be withdrawn.
    public let unstaking: Sun
    /// Of the configured token, in its smallest unit (micro-USDT).
    public let token: Int64
    /// A solid block at the start of the reading, and its time.
    public let blockNumber: Int64
    public let blockTime: Date
    /// The solid block at its end. The figures are of one in between: of exactly one where the two are the same.
    public let blockNumberAfter: Int64
    /// Whether tx-svc looks for what reaches and leaves it.
    public let isWatched: Bool
    /// Since it is watched, all that strangers have sent below the deposit minimums. Told by no event.
    public let dust: Sun
    public let dustToken: Int64
    /// All the TRX that is its own.
    public var total: Int128 { Int128(available.value) + Int128(staked.value) + Int128(unstaking.value) }
    public init(
      address: TronAddress, isActivated: Bool, available: Sun, staked: Sun, unstaking: Sun, token: Int64,
      blockNumber: Int64, blockTime: Date, blockNumberAfter: Int64, isWatched: Bool, dust: Sun, dustToken: Int64
    ) {
      self.address = address
      self.isActivated = isActivated
      self.available = available
      self.staked = staked
      self.unstaking = unstaking
      self.token = token
      self.blockNumber = blockNumber
      self.blockTime = blockTime
      self.blockNumberAfter = blockNumberAfter
      self.isWatched = isWatched
      self.dust = dust
      self.dustToken = dustToken
    }
  }

  /// In the order asked for.
  public let balances: [Balance]
  /// The configured token's contract.
  public let token: TronAddress
  /// Up to here the chain was looked through when the dust was read, after everything else: what happened up to this
  /// block has been told. nil before the first block.
  public let scannedNumber: Int64?
  public init(balances: [Balance], token: TronAddress, scannedNumber: Int64?) {
    self.balances = balances
    self.token = token
    self.scannedNumber = scannedNumber
  }
}
