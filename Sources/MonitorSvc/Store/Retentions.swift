import BusKit

extension Retention {
  /// The counters keep an ended order's number.
  static let endedOrders = Retention(
    of: "monitored_orders", for: .seconds(86_400), since: "updated_at", where: "is_ended", every: .seconds(600))
}
