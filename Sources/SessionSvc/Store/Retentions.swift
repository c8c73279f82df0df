import BusKit
import Foundation

extension Date {
  /// The hour it lies in. Old rows are found by an index on when they were last changed: a time that moves with every
  /// change would have every change written to all indexes, one that moves by the hour leaves them alone.
  var hour: Date { Date(timeIntervalSince1970: (timeIntervalSince1970 / 3600).rounded(.down) * 3600) }
}

extension Retention {
  /// A conversation that nobody has come back to begins anew.
  static let conversations = Retention(
    of: "conversations", for: .seconds(7 * 86_400), since: "updated_at", every: .seconds(600))

  /// What is shown of an order may be looked up for over a year.
  static let orderScreens = Retention(
    of: "order_screens", for: .seconds(400 * 86_400), since: "updated_at", every: .seconds(600))
}
