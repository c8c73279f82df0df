import BusKit
import Foundation
import TronKit

/// What it takes to write a transaction that is signed elsewhere, and to say what it will cost. Fails with
/// `chain_unreachable` while no node answers.
public struct GetTransactionReference: Query {
  public typealias Reply = TransactionReferenceView
  public static let messageType = "tx.GetTransactionReference"
  public static let topic = Topic.txQueries
  public var messageKey: String { "reference" }
  public init() {}
}

public struct TransactionReferenceView: Codable, Sendable, Equatable {
  /// A solid block to reference.
  public let referenceBlock: String
  /// Milliseconds of chain time.
  public let headTimeMs: Int64
  /// The configured token's contract.
  public let token: TronAddress
  /// Burned for each unit of energy that is not there.
  public let energyFee: Sun
  /// Burned for each byte of bandwidth that is not there.
  public let bandwidthFee: Sun
  /// What a transfer to an address without an account burns for creating it …
  public let accountFee: Sun
  /// … and what it burns besides where the sender has no staked bandwidth for it.
  public let accountBandwidthFee: Sun
  /// The most that a transaction may allow itself for energy.
  public let feeLimitMax: Sun
  /// Bytes that each account has for nothing a day.
  public let freeBandwidth: Int64
  public init(
    referenceBlock: String, headTimeMs: Int64, token: TronAddress, energyFee: Sun, bandwidthFee: Sun, accountFee: Sun,
    accountBandwidthFee: Sun, feeLimitMax: Sun, freeBandwidth: Int64
  ) {
    self.referenceBlock = referenceBlock
    self.headTimeMs = headTimeMs
    self.token = token
    self.energyFee = energyFee
    self.bandwidthFee = bandwidthFee
    self.accountFee = accountFee
    self.accountBandwidthFee = accountBandwidthFee
    self.feeLimitMax = feeLimitMax
    self.freeBandwidth = freeBandwidth
  }
}

/// The energy that a transfer of the configured token takes, tried out on the newest state. Fails with
/// `invalid_amount`, with `refused` where the contract would refuse it (such as more than the sender has), or with
/// `chain_unreachable`.
public struct EstimateTokenTransfer: Query {
  public typealias Reply = TokenTransferEstimate
  public static let messageType = "tx.EstimateTokenTransfer"
  public static let topic = Topic.txQueries
  public let from: TronAddress
  public let to: TronAddress
  /// In the token's smallest unit (micro-USDT); above zero.
  public let amount: Int64
  public var messageKey: String { from.base58 }
  public init(from: TronAddress, to: TronAddress, amount: Int64) {
    self.from = from
    self.to = to
    self.amount = amount
  }
}

public struct TokenTransferEstimate: Codable, Sendable, Equatable {
  /// With the penalty of a busy contract.
  public let energy: Energy
  public init(energy: Energy) { self.energy = energy }
}
