import BusKit
import Foundation
import TronKit

/// What became of money that somebody has sent to an address of ours.
public enum DepositState: String, Codable, Sendable, CaseIterable {
  /// It belongs to a customer, whose balance follows in a moment.
  case crediting
  case credited
  /// Waits for an operator's decision.
  case held
  /// An operator has refused it; its coins wait to be given back by hand.
  case refused
  /// Refused, and its coins have left the address for one that is not ours.
  case returned
  /// Sent to an address of the owner.
  case funding
  /// Less than the least that is credited.
  case ignored
}

/// Why a deposit is not credited by itself.
public enum DepositObstacle: String, Codable, Sendable, CaseIterable {
  /// The address was nobody's when the money was sent.
  case unassignedAddress = "unassigned_address"
  /// wallet-svc does not know the address.
  case unknownAddress = "unknown_address"
  /// Another token than the configured one.
  case unknownToken = "unknown_token"
  /// TRX that a contract has sent on: its true sender is not known.
  case sentByContract = "sent_by_contract"
  /// More than can be counted.
  case tooLarge = "too_large"
  /// The customer's balance cannot hold it.
  case balanceFull = "balance_full"
  /// Less than the least that is credited.
  case belowMinimum = "below_minimum"
}

public struct DepositView: Codable, Sendable, Equatable {
  /// `<txid>` (TRX), `<txid>/<log's place>` (token), or `<txid>/internal/<place>` (TRX that a contract sent on);
  /// `<txid>/<address>/<number>` for what a tx-svc held that did not tell the place.
  public let id: String
  /// Grows with the time of recording; `GetDeposits.before` continues with it.
  public let number: Int64
  public let address: TronAddress
  public let sender: TronAddress
  public let customer: CustomerID?
  /// nil: an unknown token, or too much to be counted.
  public let money: Money?
  /// The token's contract; nil for TRX.
  public let token: TronAddress?
  public let state: DepositState
  /// Why it was not credited by itself; nil when nothing stood in its way.
  public let obstacle: DepositObstacle?
  public let txID: TransactionID
  public let blockNumber: Int64
  public let blockTime: Date
  /// The operator's decision, if there was one.
  public let decision: OperatorAction?
  public init(
    id: String, number: Int64, address: TronAddress, sender: TronAddress, customer: CustomerID?, money: Money?,
    token: TronAddress?, state: DepositState, obstacle: DepositObstacle?, txID: TransactionID, blockNumber: Int64,
    blockTime: Date, decision: OperatorAction?
  ) {
    self.id = id
    self.number = number
    self.address = address
    self.sender = sender
    self.customer = customer
    self.money = money
    self.token = token
    self.state = state
    self.obstacle = obstacle
    self.txID = txID
    self.blockNumber = blockNumber
    self.blockTime = blockTime
    self.decision = decision
  }
}

/// Deposits, the latest first.
public struct GetDeposits: Query {
  public typealias Reply = DepositsPage
  public static let messageType = "wallet.GetDeposits"
  public static let topic = Topic.walletQueries
  /// The most that one page holds.
  public static let limitMax = 100
  /// nil: everybody's.
  public let customer: CustomerID?
  /// nil: in any state.
  public let state: DepositState?
  /// Only those with a smaller number; nil begins with the latest.
  public let before: Int64?
  /// 1 to `limitMax`.
  public let limit: Int
  public var messageKey: String { customer?.text ?? "deposits" }
  public init(customer: CustomerID? = nil, state: DepositState? = nil, before: Int64? = nil, limit: Int = limitMax) {
    self.customer = customer
    self.state = state
    self.before = before
    self.limit = limit
  }
}

public struct DepositsPage: Codable, Sendable, Equatable {
  public let deposits: [DepositView]
  /// For `GetDeposits.before`; nil on the last page.
  public let next: Int64?
  public init(deposits: [DepositView], next: Int64?) {
    self.deposits = deposits
    self.next = next
  }
}

/// How many addresses there are, and which key they come from.
public struct GetDepositStatus: Query {
  public typealias Reply = DepositStatusView
  public static let messageType = "wallet.GetDepositStatus"
  public static let topic = Topic.walletQueries
  public var messageKey: String { "deposits" }
  public init() {}
}

public struct DepositStatusView: Codable, Sendable, Equatable {
  /// The most keys that are listed.
  public static let keysMax = 20
  /// False where no extended public key is configured.
  public let isOn: Bool
  /// The key's fingerprint and the number of its generation; nil while there is none.
  public let fingerprint: String?
  public let generation: Int64?
  /// Of that generation: may be handed out; waits for tx-svc; belongs to a customer.
  public let free: Int64
  public let unconfirmed: Int64
  public let assigned: Int64
  /// Of all generations, with the owner's own.
  public let watched: Int64
  /// The owner's own addresses as they are configured.
  public let treasury: [TronAddress]
  public let minimums: [Money]
  /// Deposits that wait for a decision.
  public let held: Int64
  /// When tx-svc has last confirmed an address; nil before the first time.
  public let confirmedAt: Date?
  /// All that were ever configured, the latest first; nil from releases that did not tell them.
  public let keys: [DepositKeyView]?
  public init(
    isOn: Bool, fingerprint: String?, generation: Int64?, free: Int64, unconfirmed: Int64, assigned: Int64,
    watched: Int64, treasury: [TronAddress], minimums: [Money], held: Int64, confirmedAt: Date?,
    keys: [DepositKeyView]? = nil
  ) {
    self.isOn = isOn
    self.fingerprint = fingerprint
    self.generation = generation
    self.free = free
    self.unconfirmed = unconfirmed
    self.assigned = assigned
    self.watched = watched
    self.treasury = treasury
    self.minimums = minimums
    self.held = held
    self.confirmedAt = confirmedAt
    self.keys = keys
  }
}

/// Deposit addresses on which money has ever arrived, in the order of generation and index: what there may be to sweep.
public struct ListDepositAddresses: Query {
  public typealias Reply = DepositAddressList
  public static let messageType = "wallet.ListDepositAddresses"
  public static let topic = Topic.walletQueries
  /// The most that one answer holds.
  public static let limitMax = 100
  /// Only those behind this place; nil begins with the first.
  public let after: DepositAddressPlace?
  /// 1 to `limitMax`.
  public let limit: Int
  public var messageKey: String { "deposits" }
  public init(after: DepositAddressPlace? = nil, limit: Int = limitMax) {
    self.after = after
    self.limit = limit
  }
}

/// Which key an address comes from, and which child of it it is.
public struct DepositAddressPlace: Codable, Sendable, Hashable {
  public let generation: Int64
  public let index: Int64
  public init(generation: Int64, index: Int64) {
    self.generation = generation
    self.index = index
  }
}

public struct DepositAddressList: Codable, Sendable, Equatable {
  public struct Entry: Codable, Sendable, Equatable {
    public let address: TronAddress
    public let place: DepositAddressPlace
    /// Of the extended public key: which private one can spend from it.
    public let fingerprint: String
    /// nil for one that was never handed out.
    public let customer: CustomerID?
    public init(address: TronAddress, place: DepositAddressPlace, fingerprint: String, customer: CustomerID?) {
      self.address = address
      self.place = place
      self.fingerprint = fingerprint
      self.customer = customer
    }
  }

  public let addresses: [Entry]
  /// For `ListDepositAddresses.after`; nil when that was all.
  public let next: DepositAddressPlace?
  public init(addresses: [Entry], next: DepositAddressPlace?) {
    self.addresses = addresses
    self.next = next
  }
}
