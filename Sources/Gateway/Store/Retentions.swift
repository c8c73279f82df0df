import BusKit

extension Retention {
  /// Telegram itself keeps an update for 24 h, and a journal is replayed within that.
  static let appliedUpdates = Retention(of: "telegram_updates", for: .seconds(48 * 3600), since: "received_at")

  /// As long as session-svc knows the order's screen. Other slots are as many as there are customers, and stay.
  static let orderMessages = Retention(
    of: "telegram_screens", for: .seconds(400 * 86_400), since: "updated_at", where: "slot like 'order:%'")

  /// For so long a key is known and its order can be repeated; order-svc keeps the order itself.
  static let restOrders = Retention(
    of: "rest_orders", for: .seconds(30 * 86_400), since: "created_at", every: .seconds(600))
}
