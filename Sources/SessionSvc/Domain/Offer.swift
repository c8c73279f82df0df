import Contracts
import Foundation
import TronKit

/// A rental with its price, as shown on the confirm screen. It has the id of the order it becomes, so that
/// confirming it twice
/// is one order.
struct Offer: Codable, Sendable, Equatable {
  /// After this the price is asked for again. In seconds.
  static let lifetime: TimeInterval = 600

  let order: OrderID
  let receiver: TronAddress
  let energy: Energy
  let durationSeconds: Int64
  let price: Sun
  let quotedAt: Date

  func isExpired(at now: Date) -> Bool { now.timeIntervalSince(quotedAt) > Self.lifetime }
}
