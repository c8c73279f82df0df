import BusKit
import Contracts

/// Reads orders' snapshots, those that are wanted at the same time together.
struct OrderSnapshots: Sendable {
  private struct Wish: Sendable {
    let order: OrderID
    let bus: Bus
  }

  private let gathering = Gathering<Wish, Result<OrderSnapshot?, any Error>?>(leadersMax: 2, itemsMax: 64) { wishes in
    do {
      guard let bus = wishes.first?.bus else { return { _ in nil } }
      let found = try await OrderSnapshot.read(Set(wishes.map(\.order)), bus)
      return { .success(found[wishes[$0].order]) }
    } catch {
      // Of several each asks alone: the error may be the fault of one, or of the leader's end.
      return { _ in wishes.count == 1 ? .failure(error) : nil }
    }
  }

  /// nil when the order is unknown.
  func read(_ order: OrderID, _ bus: Bus) async throws -> OrderSnapshot? {
    if let result = await gathering.answer(Wish(order: order, bus: bus)) { return try result.get() }
    return try await OrderSnapshot.read([order], bus)[order]
  }
}
