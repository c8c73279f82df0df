import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import OrderSvc

@Suite("order-svc on a real bus")
struct OrderFlowTests {
  let customer = CustomerID(text: "cus_test")
  let receiver = USDT.mainnet

  func place(_ order: OrderID, energy: Int64 = 65_000) -> PlaceOrder {
    PlaceOrder(
      order: order, customer: customer, origin: .rest, receiver: receiver, energy: Energy(energy), durationSeconds: 1,
      priceMax: nil)
  }

  @Test("takes an order from its placing to its end, charged in proportion and sealed for the signer")
  func wholeLife() async throws {
    try await RunningOrders.run { orders in
      let id = OrderID.make()
      let client = orders.client
      try await client.send(place(id))
      let placed = try await orders.order(id, reaches: .placed)
      #expect(placed.price == Sun(3_900_000))
      #expect(placed.seq == 1)
      try await client.send(FundsHeld(order: id, customer: customer, amount: placed.price, seq: 1))
      try await orders.order(id, reaches: .funded)
      try await client.send(DelegationSubmitted(order: id, legs: [], seq: 1))
      try await orders.order(id, reaches: .delegating)
      let start = Date(timeIntervalSince1970: Date().timeIntervalSince1970 - 1.123)
      try await client.send(
        DelegationConfirmed(order: id, legs: [], delivered: Energy(32_500), startedAt: start, seq: 2))
      let delivered = try await orders.order(id, reaches: .delivered)
      #expect(try #require(delivered.endsAt) >= start.addingTimeInterval(0.999))
      try await client.send(DelegationFinal(order: id, delivered: Energy(32_500), seq: 3))
      let ending = try await orders.order(id, reaches: .ending)
      try await client.send(DelegationReclaimed(order: id, txIDs: [], cost: Sun(345_000), seq: 4))
      try await orders.order(id, reaches: .completed)

      try await eventuallySent(
        orders, .walletCommands, ["wallet.HoldFunds", "wallet.CaptureHold", "wallet.BookOrderCost"])
      try await eventuallySent(orders, .txCommands, ["tx.DelegateEnergy", "tx.ReclaimEnergy"])
      let captured = try MessageCoder.decode(CaptureHold.self, from: try await orders.sent(.walletCommands)[1].body)
      #expect(captured.amount == Sun(1_950_000))
      let asked = try await orders.sent(.txCommands)
      let delegate = try MessageCoder.decode(DelegateEnergy.self, from: asked[0].body)
      #expect(
        delegate.seal
          == .delegate(
            order: id, customer: customer, receiver: receiver, energy: delegate.energy, durationSeconds: 1,
            key: RunningOrders.key))
      let reclaim = try MessageCoder.decode(ReclaimEnergy.self, from: asked[1].body)
      #expect(reclaim.endsAt == ending.endsAt)
      #expect(
        reclaim.seal
          == .reclaim(order: id, receiver: receiver, endsAt: reclaim.endsAt, key: RunningOrders.key))
    }
  }

  @Test("places an order once, however often and with whatever message ids it is sent")
  func repeated() async throws {
    try await RunningOrders.run { orders in
      let id = OrderID.make()
      for _ in 0..<3 { try await orders.client.send(place(id)) }
      try await orders.order(id, reaches: .placed)
      // What is sent last is handled last: once it is, so are the three.
      let last = OrderID.make()
      try await orders.client.send(place(last))
      try await orders.order(last, reaches: .placed)
      try await eventuallySent(orders, .walletCommands, ["wallet.HoldFunds", "wallet.HoldFunds"])
      let list = try await orders.client.ask(ListOrders(customer: customer, limit: 1, startingAfter: nil))
      #expect(list.orders.map(\.id) == [last] && list.hasMore)
      let rest = try await orders.client.ask(ListOrders(customer: customer, limit: 10, startingAfter: last))
      #expect(rest.orders.map(\.id) == [id] && !rest.hasMore)
    }
  }

  @Test("applies what overtook: finality first, then the confirmation, and an old event not at all")
  func reordered() async throws {
    try await RunningOrders.run { orders in
      let id = OrderID.make()
      let client = orders.client
      try await client.send(place(id))
      let placed = try await orders.order(id, reaches: .placed)
      try await client.send(FundsHeld(order: id, customer: customer, amount: placed.price, seq: 1))
      try await orders.order(id, reaches: .funded)
      try await client.send(DelegationFinal(order: id, delivered: Energy(65_000), seq: 3))
      let start = Date().addingTimeInterval(3600)
      try await client.send(
        DelegationConfirmed(order: id, legs: [], delivered: Energy(65_000), startedAt: start, seq: 2))
      try await orders.order(id, reaches: .active)
      try await client.send(DelegationReverted(order: id, seq: 1))
      let cancel = CancelOrder(order: id, customer: customer)
      #expect(try await client.command(cancel, answer: CommandResult.self)?.code == "too_late")
      try await orders.order(id, reaches: .active)
    }
  }

  @Test("ends a rental by the last confirmation, also when its finality overtakes that")
  func finalityOvertakes() async throws {
    try await RunningOrders.run { orders in
      let id = OrderID.make()
      let client = orders.client
      try await client.send(place(id))
      let placed = try await orders.order(id, reaches: .placed)
      try await client.send(FundsHeld(order: id, customer: customer, amount: placed.price, seq: 1))
      try await orders.order(id, reaches: .funded)
      let first = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded() + 1_800)
      let last = first.addingTimeInterval(60)
      try await client.send(
        DelegationConfirmed(order: id, legs: [], delivered: Energy(65_000), startedAt: first, seq: 2))
      try await orders.order(id, reaches: .delivered)
      try await client.send(DelegationFinal(order: id, delivered: Energy(65_000), startedAt: last, seq: 5))
      let active = try await orders.order(id, reaches: .active)
      #expect(active.deliveredAt == last)
      #expect(active.endsAt == last.addingTimeInterval(1))
    }
  }

  @Test("gives the money back when a delivery failed for good, though the news of its reversal comes later")
  func failedBeforeReverted() async throws {
    try await RunningOrders.run { orders in
      let id = OrderID.make()
      let client = orders.client
      try await client.send(place(id))
      let placed = try await orders.order(id, reaches: .placed)
      try await client.send(FundsHeld(order: id, customer: customer, amount: placed.price, seq: 1))
      try await orders.order(id, reaches: .funded)
      try await client.send(
        DelegationConfirmed(order: id, legs: [], delivered: Energy(65_000), startedAt: Date(), seq: 2))
      try await orders.order(id, reaches: .delivered)
      try await client.send(DelegationFailed(order: id, reason: .chainRefused, cost: Sun(345_000), seq: 4))
      let failed = try await orders.order(id, reaches: .failed)
      #expect(failed.failure == .chainRefused)
      #expect(failed.deliveredAt == nil && failed.endsAt == nil)
      try await client.send(DelegationReverted(order: id, seq: 3))
      try await eventuallySent(
        orders, .walletCommands, ["wallet.HoldFunds", "wallet.ReleaseHold", "wallet.BookOrderCost"])
      let cancel = CancelOrder(order: id, customer: customer)
      #expect(try await client.command(cancel, answer: CommandResult.self)?.code == "too_late")
      try await orders.order(id, reaches: .failed)
    }
  }

  @Test("cancels what nothing was done for, and knows no other customer's order")
  func cancel() async throws {
    try await RunningOrders.run { orders in
      let id = OrderID.make()
      let client = orders.client
      try await client.send(place(id))
      try await orders.order(id, reaches: .placed)
      let stranger = CancelOrder(order: id, customer: CustomerID(text: "cus_other"))
      #expect(try await client.command(stranger, answer: CommandResult.self)?.code == "not_found")
      let own = CancelOrder(order: id, customer: customer)
      #expect(try await client.command(own, answer: CommandResult.self)?.code == "accepted")
      let cancelled = try await orders.order(id, reaches: .cancelled)
      #expect(cancelled.failure == .cancelledByCustomer)
      try await client.send(FundsHeld(order: id, customer: customer, amount: cancelled.price, seq: 1))
      try await eventuallySent(
        orders, .walletCommands, ["wallet.HoldFunds", "wallet.ReleaseHold", "wallet.ReleaseHold"])
      let failure = await #expect(throws: QueryFailure.self) {
        try await client.ask(GetOrder(order: id, customer: CustomerID(text: "cus_other")))
      }
      #expect(failure?.code == "not_found")
    }
  }

  @Test("refuses an order against a rule, with the reason")
  func refused() async throws {
    try await RunningOrders.run { orders in
      let id = OrderID.make()
      try await orders.client.send(place(id, energy: 999))
      let rejected = try await orders.order(id, reaches: .rejected)
      #expect(rejected.failure == .energyOutOfRange)
      #expect(try await orders.types(.walletCommands).isEmpty)
      let quote = try await orders.client.ask(GetQuote(energy: Energy(65_000), durationSeconds: 1))
      #expect(quote.price == Sun(3_900_000))
      #expect(try await orders.client.ask(GetPrices()).products.map(\.id) == ["1s"])
    }
  }

  private func eventuallySent(_ orders: RunningOrders, _ topic: Topic, _ types: [String]) async throws {
    do {
      try await eventually { try await orders.types(topic) == types }
    } catch {
      #expect(try await orders.types(topic) == types)
    }
  }
}
