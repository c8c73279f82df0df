import Contracts
import Foundation

/// The time from an order's creation to its delivery, sorted into the buckets of the histogram.
enum DeliveryTime {
  /// Upper bounds in seconds. A block takes 3 s, a deadline 180 s.
  static let buckets: [Double] = [1, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120, 180, 300]

  /// nil for an order that has not been delivered. The chain's clock and the database's may differ: never negative.
  static func seconds(of order: OrderView) -> Double? {
    order.deliveredAt.map { max(0, $0.timeIntervalSince(order.createdAt)) }
  }

  /// The key of the bucket that counts this time, e.g. `le:7.5`, or `le:inf` beyond the last.
  static func bucket(of seconds: Double) -> String {
    buckets.first { seconds <= $0 }.map { "le:\($0)" } ?? "le:inf"
  }
}
