import BusKit

extension Retention {
  /// The counters keep an ended order's number.
  static let endedOrders = Retention(
    of: "monitored_orders", for: .seconds(86_400), since: "updated_at", where: "is_ended", every: .seconds(600))

  /// Longer than a message may be delivered again (15 days): an old one must still find that its incident is settled.
  static let settledIncidents = Retention(
    of: "incidents", for: .seconds(30 * 86_400), since: "since", where: "state = 'resolved' and seq is not null")
}
