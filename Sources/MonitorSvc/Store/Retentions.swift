import BusKit

extension Retention {
  /// As long as the inbox knows a message (16 days): within that time any event of the order may be delivered again,
  /// and without its row would be counted once more; one of the delivery would leave a row that nothing ends.
  static let endedOrders = Retention(
    of: "monitored_orders", for: .seconds(16 * 86_400), since: "updated_at", where: "is_ended", every: .seconds(600))

  /// Longer than a message may be delivered again (15 days): an old one must still find that its incident is settled.
  static let settledIncidents = Retention(
    of: "incidents", for: .seconds(30 * 86_400), since: "since", where: "state = 'resolved' and seq is not null")
}
