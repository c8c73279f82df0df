import BusKit
import Foundation
import TronKit

/// What each wallet can lend now and later, and why not more. For operators: it costs more than GetPool.
public struct GetCapacity: Query {
  public typealias Reply = CapacityView
  public static let messageType = "tx.GetCapacity"
  public static let topic = Topic.txQueries
  public var messageKey: String { "capacity" }
  public init() {}
}

public struct CapacityView: Codable, Sendable, Equatable {
  /// What will be free when so much time has passed and nothing new is lent.
  public struct Forecast: Codable, Sendable, Equatable {
    public let hours: Int
    /// If all that comes back was used up to the last unit.
    public let energyLeast: Energy
    /// If none of what comes back was used.
    public let energyMost: Energy
    public init(hours: Int, energyLeast: Energy, energyMost: Energy) {
      self.hours = hours
      self.energyLeast = energyLeast
      self.energyMost = energyMost
    }
  }

  public struct Wallet: Codable, Sendable, Equatable {
    public let address: TronAddress
    public let state: SupplierState
    /// Why it gets no new leg: `disabled`, `draining`, `avoided` or `fees`; nil when it may.
    public let obstacle: String?
    public let avoidedUntil: Date?
    public let available: Energy
    public let forecasts: [Forecast]
    public let availableStake: Sun
    public let delegatedStake: Sun
    /// Promised to legs that the figures do not show yet.
    public let reservedStake: Sun
    /// Lent by this account, but not for us: the owner's own delegations, locked or not. Never taken back by us.
    public let foreignStake: Sun
    /// Of its own stake, spent and recovering.
    public let energyUsed: Energy
    public let stakedBandwidth: Int64
    public let freeBandwidth: Int64
    public let balance: Sun
    /// For how many rentals bandwidth and TRX still pay the fees; nil when not known yet.
    public let rentalsLeft: Int64?
    /// How old the figures are; nil when never read.
    public let figuresAgeSeconds: Double?

    public init(
      address: TronAddress, state: SupplierState, obstacle: String?, avoidedUntil: Date?, available: Energy,
      forecasts: [Forecast], availableStake: Sun, delegatedStake: Sun, reservedStake: Sun, foreignStake: Sun,
      energyUsed: Energy, stakedBandwidth: Int64, freeBandwidth: Int64, balance: Sun, rentalsLeft: Int64?,
      figuresAgeSeconds: Double?
    ) {
      self.address = address
      self.state = state
      self.obstacle = obstacle
      self.avoidedUntil = avoidedUntil
      self.available = available
      self.forecasts = forecasts
      self.availableStake = availableStake
      self.delegatedStake = delegatedStake
      self.reservedStake = reservedStake
      self.foreignStake = foreignStake
      self.energyUsed = energyUsed
      self.stakedBandwidth = stakedBandwidth
      self.freeBandwidth = freeBandwidth
      self.balance = balance
      self.rentalsLeft = rentalsLeft
      self.figuresAgeSeconds = figuresAgeSeconds
    }
  }

  public let wallets: [Wallet]
  public let signing: SetSigning.Mode
  /// The configured choice of wallets: `best_fit`, `most_free` or `least_fragmentation`.
  public let choice: String
  /// nil before it was read for the first time, or too old to plan with.
  public let ratio: StakeRatio?

  public init(wallets: [Wallet], signing: SetSigning.Mode, choice: String, ratio: StakeRatio?) {
    self.wallets = wallets
    self.signing = signing
    self.choice = choice
    self.ratio = ratio
  }
}

/// Where ledger and chain differ, and how the last full comparison went.
public struct GetLedgerDifferences: Query {
  public typealias Reply = LedgerDifferencesView
  public static let messageType = "tx.GetLedgerDifferences"
  public static let topic = Topic.txQueries
  public var messageKey: String { "ledger" }
  public init() {}
}

public struct LedgerDifferencesView: Codable, Sendable, Equatable {
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Seen once.
    case suspected
    /// Seen twice and told.
    case reported
    case settled
  }

  public struct Difference: Codable, Sendable, Equatable {
    public let kind: LedgerDiffers.Kind
    public let state: State
    public let wallet: TronAddress
    public let receiver: TronAddress?
    public let ours: Sun
    public let chain: Sun
    public let since: Date
    public let reportedAt: Date?
    public let settledAt: Date?
    public init(
      kind: LedgerDiffers.Kind, state: State, wallet: TronAddress, receiver: TronAddress?, ours: Sun, chain: Sun,
      since: Date, reportedAt: Date?, settledAt: Date?
    ) {
      self.kind = kind
      self.state = state
      self.wallet = wallet
      self.receiver = receiver
      self.ours = ours
      self.chain = chain
      self.since = since
      self.reportedAt = reportedAt
      self.settledAt = settledAt
    }
  }

  /// The last full comparison of one wallet's receivers.
  public struct Run: Codable, Sendable, Equatable {
    public let wallet: TronAddress
    public let startedAt: Date
    public let finishedAt: Date?
    public let receivers: Int64
    public let suspects: Int64
    /// The rest follows the next night.
    public let isPartial: Bool
    public init(
      wallet: TronAddress, startedAt: Date, finishedAt: Date?, receivers: Int64, suspects: Int64, isPartial: Bool
    ) {
      self.wallet = wallet
      self.startedAt = startedAt
      self.finishedAt = finishedAt
      self.receivers = receivers
      self.suspects = suspects
      self.isPartial = isPartial
    }
  }

  /// The unsettled first, at most 200.
  public let differences: [Difference]
  public let runs: [Run]
  public init(differences: [Difference], runs: [Run]) {
    self.differences = differences
    self.runs = runs
  }
}
