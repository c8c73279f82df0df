import Foundation
import Redis
import TestKit
import Testing

@testable import BusKit

/// Real services on a real Postgres, with the memory broker in Redis' place.
struct MemoryBrokerRuntimeTests {
  @Test func servicesRunOnTheMemoryBroker() async throws {
    try await World.run { world in
      let broker = MemoryBroker()
      var service = World.counter()
      service.answer(GetTotal.self) { query, bus in
        try await bus.transaction(needs: [.row(Account.self, query.account)]) {
          try $0.find(Account.self, query.account)?.total ?? 0
        }
      }
      let counter = try await world.start(service, broker: broker)
      let audit = try await world.start(World.audit(), broker: broker)
      let messages = (0..<50).map { _ in Add(account: "a", amount: 2) }
      let publications = try messages.map { Publication(try World.envelope($0), topic: Add.topic) }
      for _ in 0..<2 { _ = try await broker.publish(publications) }
      try await eventually { try await audit.notes().count == 50 }
      #expect(try await counter.account("a") == Account(id: "a", total: 100, handled: 50))
      #expect(try await audit.bus.ask(GetTotal(account: "a"), within: .seconds(10)) == 100)

      // It loses everything; what was in the outbox is sent again and changes nothing.
      broker.forgetEverything()
      _ = try await broker.publish([Publication(try World.envelope(Add(account: "b")), topic: Add.topic)])
      try await eventually { try await counter.account("b") != nil }
      try await eventually { try await audit.notes().count == 51 }
      #expect(try await audit.notes().allSatisfy { $0.text == "once" })
      #expect(try await counter.account("a")?.handled == 50)
    }
  }
}
