import Contracts
import Foundation
import Testing

@testable import Gateway

@Suite struct ShownOrdersTests {
  private func order(_ state: OrderState, seq: Int64?, seconds: TimeInterval = 0) throws -> OrderView {
    var order = try Samples.order(state)
    order.seq = seq
    order.updatedAt = Samples.now.addingTimeInterval(seconds)
    return order
  }

  @Test func `What is older and comes later is not shown, whatever its time`() throws {
    let shown = ShownOrders()
    let newer = try order(.delivered, seq: 3)
    #expect(shown.show(newer) == newer)
    for seconds in [-1.0, 0, 1] {
      let older = try order(.funded, seq: 2, seconds: seconds)
      #expect(shown.show(older) == newer)
    }
    let newest = try order(.active, seq: 4, seconds: -1)
    #expect(shown.show(newest) == newest)
    #expect(shown.last(newest.id, of: Samples.customer) == newest)
    #expect(shown.last(newest.id, of: CustomerID(text: "cus_2")) == nil)
  }

  @Test func `Without both numbers the time decides`() throws {
    let numbers: [(Int64?, Int64?)] = [(3, nil), (nil, 2), (nil, nil)]
    for (first, second) in numbers {
      let shown = ShownOrders()
      let newer = try order(.delivered, seq: first)
      #expect(shown.show(newer) == newer)
      let older = try order(.funded, seq: second, seconds: -1)
      #expect(shown.show(older) == newer)
      let newest = try order(.active, seq: second, seconds: 1)
      #expect(shown.show(newest) == newest)
    }
  }

  @Test func `What goes on being shown is remembered through every outage`() throws {
    let shown = ShownOrders()
    let start = ContinuousClock.now
    let newer = try order(.delivered, seq: 3)
    let older = try order(.funded, seq: 2)
    _ = shown.show(newer, at: start)
    for hours in [1, 23, 45, 67] {
      let later = start + Duration.seconds(hours * 3600)
      #expect(shown.show(older, at: later) == newer)
    }
  }

  @Test func `Of those who show an order at the same time none goes back`() async throws {
    let shown = ShownOrders()
    let views = try (1...500).map { (seq: Int) in try order(.delegating, seq: Int64(seq)) }
    await withTaskGroup(of: Bool.self) { group in
      for view in views.shuffled() { group.addTask { !shown.show(view).isOlder(than: view) } }
      for await isNoOlder in group { #expect(isNoOlder) }
    }
    let last = shown.last(try Samples.order(.delegating).id, of: Samples.customer)
    #expect(last?.seq == 500)
  }
}
