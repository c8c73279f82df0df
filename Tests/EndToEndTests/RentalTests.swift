import BusKit
import Contracts
import Foundation
import Logging
import TestKit
import Testing
import TronKit

extension OneStackTests { @Suite struct RentalTests {} }

extension OneStackTests.RentalTests {
  @Test("a rental over REST is delivered, charged once and taken back")
  func rental() async throws {
    let stack = try Stack.current()
    let shopper = try await stack.shopper(trx: 100)
    let receiver = try await stack.chain.receiver()
    let placed = try await shopper.place(receiver, key: "rental-1")
    #expect(placed.status == 201)
    let id = placed.json["id"].string
    let active = try await shopper.order(id, when: .active)
    let given = try await stack.chain.history(of: receiver)
    #expect(given.delegated.map(\.txID) == [active["delegate_txid"].string])

    let again = try await shopper.place(receiver, key: "rental-1")
    #expect(again.status == 201)
    #expect(again.json["id"].string == id, "the same key is the same order")
    #expect(again.header("Idempotent-Replayed") == "true")

    try await stack.expectRentals(for: receiver, customer: shopper.customer)
    let done = try await shopper.order(id, when: .completed)
    #expect(try await stack.chain.history(of: receiver).reclaimed.map(\.txID) == [done["reclaim_txid"].string])
    let balance = try await shopper.api.get("/v1/balance")
    #expect(balance["available_sun"].int == 100_000_000 - 65_000 * 30)
    #expect(balance["held_sun"].int == 0)
  }

  @Test("a rental in the chat changes one message from accepted to ended")
  func chat() async throws {
    let stack = try Stack.current()
    let person = try await stack.person(language: "en", trx: 100)
    let receiver = try await stack.chain.receiver()
    let confirm = try await person.prepare(receiver)
    try await person.press(confirm.message, confirm.button)
    let delivered = try await person.message(saying: "safe to send now")
    #expect(delivered["message_id"].int == confirm.message)
    let ended = try await person.message(saying: "Ended")
    #expect(ended["message_id"].int == confirm.message)
    try await stack.expectRentals(for: receiver, customer: person.customer)
    try await person.press(confirm.message, confirm.button)
    try await stack.expectRentals(for: receiver, customer: person.customer)
  }

  @Test("two orders with the same receiver and amount at the same moment are two delegations, from two wallets")
  func twins() async throws {
    let stack = try Stack.current()
    let shopper = try await stack.shopper(trx: 100)
    let receiver = try await stack.chain.receiver()
    let orders = [OrderID.make(), OrderID.make()]
    try await stack.withBus { bus in
      // Both wait for the connection at the same time, so they leave in one pipeline.
      async let first: Void = bus.send(Self.place(orders[0], shopper.customer, receiver))
      async let second: Void = bus.send(Self.place(orders[1], shopper.customer, receiver))
      _ = try await (first, second)
    }
    try await stack.expectRentals(2, for: receiver, customer: shopper.customer)
    let history = try await stack.chain.history(of: receiver)
    #expect(Set(history.delegated.map(\.from)).count == 2, "taking one back leaves the other alone")
    #expect(Set(history.delegated.map(\.stake)).count == 1, "both carry the same")
  }

  static func place(_ order: OrderID, _ customer: CustomerID, _ receiver: TronAddress) -> PlaceOrder {
    PlaceOrder(
      order: order, customer: customer, origin: .rest, receiver: receiver, energy: Energy(65_000), durationSeconds: 2,
      priceMax: nil)
  }
}

extension Stack {
  /// The bus as an operator's tool sees it.
  func withBus<T: Sendable>(_ body: @escaping @Sendable (BusClient) async throws -> T) async throws -> T {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    return try await BusClient(redis: redis.configuration, name: "test", logger: logger).run(body)
  }
}
