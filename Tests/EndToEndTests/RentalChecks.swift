import Contracts
import TestKit
import Testing
import TronKit

/// What must be true of a rental, whatever happened on its way.
extension Stack {
  /// Waits until the receiver's orders have all ended, then checks each: charged once, delegated once, taken back once.
  func expectRentals(
    _ count: Int = 1, for receiver: TronAddress, customer: CustomerID, within limit: Duration = .seconds(60),
    _ location: SourceLocation = #_sourceLocation
  ) async throws {
    var orders: [Books.Order] = []
    do {
      try await eventually(within: limit, "\(count) orders for \(receiver) end") {
        orders = try await books.orders(for: receiver)
        return orders.count >= count && orders.allSatisfy(\.state.isTerminal)
      }
    } catch {
      throw StackError("\(error) They are \(orders).")
    }
    #expect(orders.map(\.state) == Array(repeating: .completed, count: count), sourceLocation: location)
    for order in orders { try await expectChargedOnce(order, customer, location) }
    try await expectOnChain(count, receiver, location)
  }

  func expectChargedOnce(_ order: Books.Order, _ customer: CustomerID, _ location: SourceLocation) async throws {
    var transfers = try await books.transfers(of: order.id)
    // Booked only when the chain burned TRX for it.
    transfers["cost"] = nil
    #expect(transfers == ["hold": 1, "capture": 1], sourceLocation: location)
    #expect(try await books.sum(of: "customer:\(customer)", order: order.id) == -order.price, sourceLocation: location)
    #expect(try await books.sum(of: "held:\(customer)", order: order.id) == 0, sourceLocation: location)
    #expect(try await books.sum(of: "revenue", order: order.id) == order.price, sourceLocation: location)
  }

  private func expectOnChain(_ count: Int, _ receiver: TronAddress, _ location: SourceLocation) async throws {
    let history = try await chain.history(of: receiver)
    #expect(history.delegated.count == count, sourceLocation: location)
    #expect(Set(history.delegated.map(\.txID)).count == count, "each has a txid of its own", sourceLocation: location)
    #expect(history.reclaimed.count == count, sourceLocation: location)
    #expect(
      history.reclaimed.map(\.stake).sorted() == history.delegated.map(\.stake).sorted(),
      "exactly what was delegated is taken back", sourceLocation: location)
  }
}
