import BusKit
import Foundation

/// What the ledger says we hold at a place is not what the solid chain shows there; with `settledAt` it agrees again.
public struct CustodyDiffers: Event {
  public static let messageType = "wallet.CustodyDiffers"
  public static let topic = Topic.walletEvents
  /// Such as `custody:deposits`.
  public let account: String
  public let currency: Currency
  /// What the ledger says we hold, dust that is not booked yet included, in the currency's smallest unit.
  public let ledger: Int64
  /// What the account's addresses hold.
  public let chain: Int64
  /// How much more (or, negative, less) the chain has, what was on its way set aside; where that cannot be told, the
  /// smallest of an hour.
  public let difference: Int64
  public let settledAt: Date?
  /// Of this account and currency.
  public let seq: Int64
  public var aggregate: String { "\(account)/\(currency.rawValue)" }
  public init(
    account: String, currency: Currency, ledger: Int64, chain: Int64, difference: Int64, settledAt: Date?, seq: Int64
  ) {
    self.account = account
    self.currency = currency
    self.ledger = ledger
    self.chain = chain
    self.difference = difference
    self.settledAt = settledAt
    self.seq = seq
  }
}

/// An operator has every custody account compared with the chain now. Answered with CommandResult: `started`,
/// `invalid_operator`, `invalid_reason`, `invalid_key`. Sent once more it begins anew; what was told is not told again.
public struct CompareCustody: Message {
  public static let messageType = "wallet.CompareCustody"
  public static let topic = Topic.walletCommands
  public let action: OperatorAction
  public var messageKey: String { "custody" }
  public init(action: OperatorAction) { self.action = action }
}

/// How the last comparison of each custody account with the chain came out.
public struct GetCustody: Query {
  public typealias Reply = CustodyView
  public static let messageType = "wallet.GetCustody"
  public static let topic = Topic.walletQueries
  public var messageKey: String { "custody" }
  public init() {}
}

public struct CustodyView: Codable, Sendable, Equatable {
  public struct Account: Codable, Sendable, Equatable {
    public enum State: String, Codable, Sendable, CaseIterable {
      /// Not compared to an end yet.
      case pending
      case agrees
      case differs
      /// They were never equal for an hour, but money moved all the time, and each single difference might have been on
      /// its way. `difference` is the smallest.
      case unclear
      /// The chain has coins of which nothing was ever booked: an operator has to book what was there at the beginning.
      case unopened
    }

    /// Such as `custody:deposits`.
    public let account: String
    public let currency: Currency
    public let state: State
    /// Of the last reading, in the currency's smallest unit: what the ledger holds, what the chain shows, and how much
    /// dust in it waits to be booked.
    public let ledger: Int64
    public let chain: Int64
    public let dust: Int64
    /// Of the last comparison that came to an end.
    public let difference: Int64
    public let addresses: Int
    /// The oldest solid block of the last reading; nil before the first.
    public let blockNumber: Int64?
    /// When it was last compared to an end.
    public let comparedAt: Date?
    /// Why it is not further, while a comparison is under way.
    public let detail: String
    public init(
      account: String, currency: Currency, state: State, ledger: Int64, chain: Int64, dust: Int64, difference: Int64,
      addresses: Int, blockNumber: Int64?, comparedAt: Date?, detail: String
    ) {
      self.account = account
      self.currency = currency
      self.state = state
      self.ledger = ledger
      self.chain = chain
      self.dust = dust
      self.difference = difference
      self.addresses = addresses
      self.blockNumber = blockNumber
      self.comparedAt = comparedAt
      self.detail = detail
    }
  }
  public let accounts: [Account]
  public init(accounts: [Account]) { self.accounts = accounts }
}
