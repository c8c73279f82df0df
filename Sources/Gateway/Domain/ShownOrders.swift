import Contracts
import Foundation

/// What REST clients were shown of orders, by whatever endpoint: nobody is shown an older state after a newer one. Of
/// this process alone: another gateway has a memory of its own, and a restart begins with an empty one.
struct ShownOrders: Sendable {
  static let countMax = 20_000
  /// Beyond any outage: what bounds the memory is the count.
  static let rememberedFor = Duration.seconds(86_400)

  private let memory = RecentMemory<OrderID, OrderView>(countMax: countMax, for: rememberedFor)

  /// Compares and notes in one step.
  /// - Parameter now: when.
  /// - Returns: what is to be shown: this, or what was shown before when that is newer.
  func show(_ view: OrderView, at now: ContinuousClock.Instant = .now) -> OrderView {
    memory.noteNewest(view.id, view, at: now) { $0.isOlder(than: $1) }
  }

  /// What was shown of the order; nil when that is not remembered, or the order is another customer's.
  func last(_ order: OrderID, of customer: CustomerID) -> OrderView? {
    guard let view = memory.value(of: order), view.customer == customer else { return nil }
    return view
  }
}

extension OrderView {
  /// Two changes may have one time, so their numbers decide; the time does for what the release before has told.
  func isOlder(than other: OrderView) -> Bool {
    if let seq, let otherSeq = other.seq { return seq < otherSeq }
    return updatedAt < other.updatedAt
  }
}

extension OrderChanged {
  /// The order with this change's number: the release before gives it to the event alone.
  var view: OrderView {
    var view = order
    view.seq = seq
    return view
  }
}
