import BusKit

extension Retention {
  /// A conversation that nobody has come back to begins anew.
  static let conversations = Retention(
    of: "conversations", for: .seconds(7 * 86_400), since: "updated_at", every: .seconds(600))

  /// What is shown of an order may be looked up for over a year.
  static let orderScreens = Retention(
    of: "order_screens", for: .seconds(400 * 86_400), since: "updated_at", every: .seconds(600))
}
