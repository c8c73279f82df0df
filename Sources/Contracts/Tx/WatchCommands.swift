import BusKit
import Foundation
import TronKit

/// Asks tx-svc to look for deposits to these addresses. Answered with AddressesWatched; repeating it changes nothing
/// and is answered again.
public struct WatchAddresses: Message {
  public static let messageType = "tx.WatchAddresses"
  public static let topic = Topic.txCommands
  /// The most that one command may name.
  public static let addressesMax = 500
  public let addresses: [TronAddress]
  public var messageKey: String { "watch" }
  public init(addresses: [TronAddress]) { self.addresses = addresses }
}

/// An operator has solid blocks read once more, for deposits and transactions that were missed. What is known already
/// is not told again. Answered with CommandResult as soon as it is accepted; it goes on in the background, slowly
/// enough for the day's calls.
public struct RescanBlocks: Message {
  public static let messageType = "tx.RescanBlocks"
  public static let topic = Topic.txCommands
  /// The most blocks that one command may name.
  public static let blocksMax: Int64 = 10_000
  /// The first block and the last, both read.
  public let from: Int64
  public let to: Int64
  public let action: OperatorAction
  public var messageKey: String { "rescan" }
  public init(from: Int64, to: Int64, action: OperatorAction) {
    self.from = from
    self.to = to
    self.action = action
  }
}

/// How far the chain is followed, and at what cost.
public struct GetChainStatus: Query {
  public typealias Reply = ChainStatusView
  public static let messageType = "tx.GetChainStatus"
  public static let topic = Topic.txQueries
  public var messageKey: String { "chain" }
  public init() {}
}

public struct ChainStatusView: Codable, Sendable, Equatable {
  /// Blocks being read again, or compared.
  public struct Task: Codable, Sendable, Equatable {
    /// An operator's key, or what started it.
    public let id: String
    /// `rescan` or `compare`.
    public let kind: String
    public let from: Int64
    public let to: Int64
    /// The next block; beyond `to` when it is finished.
    public let next: Int64
    /// What was missing and found, or what differed.
    public let findings: Int64
    /// Blocks that were passed over because no node could give them. Missing in answers of the release before.
    public let passed: Int64?
    public init(
      id: String, kind: String, from: Int64, to: Int64, next: Int64, findings: Int64, passed: Int64? = nil
    ) {
      self.id = id
      self.kind = kind
      self.from = from
      self.to = to
      self.next = next
      self.findings = findings
      self.passed = passed
    }
  }

  public struct Calls: Codable, Sendable, Equatable {
    /// `block`, `receipts`, `solid_head`, …
    public let purpose: String
    public let count: Int64
    public init(purpose: String, count: Int64) {
      self.purpose = purpose
      self.count = count
    }
  }

  /// The last block that was followed, and its time; nil before the first.
  public let number: Int64?
  public let blockTime: Date?
  /// Where the nodes are believed to be.
  public let headNumber: Int64?
  public let solidNumber: Int64?
  /// Up to here deposits were looked for.
  public let scannedNumber: Int64?
  public let watchedAddresses: Int64
  /// Calls to nodes since midnight UTC for following and confirming.
  public let callsToday: [Calls]
  /// Transactions that were settled as dead and are on the solid chain nevertheless.
  public let strays: Int64
  /// Unfinished ones.
  public let tasks: [Task]
  /// Blocks that were passed over by tasks of the last 90 days, finished or not. Missing in answers of the release
  /// before.
  public let passed: Int64?
  public init(
    number: Int64?, blockTime: Date?, headNumber: Int64?, solidNumber: Int64?, scannedNumber: Int64?,
    watchedAddresses: Int64, callsToday: [Calls], strays: Int64, tasks: [Task], passed: Int64? = nil
  ) {
    self.number = number
    self.blockTime = blockTime
    self.headNumber = headNumber
    self.solidNumber = solidNumber
    self.scannedNumber = scannedNumber
    self.watchedAddresses = watchedAddresses
    self.callsToday = callsToday
    self.strays = strays
    self.tasks = tasks
    self.passed = passed
  }
}
