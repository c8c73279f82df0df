import BusKit
import Foundation
import TronKit

/// A leg's time is over and the chain still lends its sun: published once when it is late, and once more with
/// `settledAt` when it came back. The reclaim is tried for ever; what stands in its way may need a person (no TRX for
/// the fee, a key that lost its permission, signing stopped, an end that nobody asked for).
public struct ReclaimOverdue: Event {
  public static let messageType = "tx.ReclaimOverdue"
  public static let topic = Topic.txEvents
  public let order: OrderID
  /// `<order>/<number>`.
  public let leg: String
  public let wallet: TronAddress
  public let receiver: TronAddress
  public let stake: Sun
  /// When it was to come back, in chain time.
  public let dueAt: Date
  /// Reclaim transactions that died so far.
  public let attempts: Int
  /// The last one's refusal, or that the end was not asked for; empty when none was refused.
  public let reason: String
  /// When it came back; nil as long as it has not.
  public let settledAt: Date?
  public let seq: Int64
  public var aggregate: String { leg }
  public init(
    order: OrderID, leg: String, wallet: TronAddress, receiver: TronAddress, stake: Sun, dueAt: Date, attempts: Int,
    reason: String, settledAt: Date?, seq: Int64
  ) {
    self.order = order
    self.leg = leg
    self.wallet = wallet
    self.receiver = receiver
    self.stake = stake
    self.dueAt = dueAt
    self.attempts = attempts
    self.reason = reason
    self.settledAt = settledAt
    self.seq = seq
  }
}
