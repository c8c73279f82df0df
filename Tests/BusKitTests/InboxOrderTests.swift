import Foundation
import TestKit
import Testing

@testable import BusKit

/// Which row is inserted first, and so whose body an id stands for.
struct InboxOrderTests {
  @Test(arguments: [1 as UInt64, 2, 3]) func `Rows go by id, and of one id in the order of the batch`(
    seed: UInt64
  ) {
    var random = SeededGenerator(seed: seed)
    let few = (0..<5).map { _ in UUID.v7() }
    let ids = (0..<300).map { _ in few[Int.random(in: 0..<few.count, using: &random)] }
    let order = InboxStore.insertOrder(ids)
    #expect(order.sorted() == Array(ids.indices))
    for (before, after) in zip(order, order.dropFirst()) {
      #expect(ids[before] < ids[after] || (ids[before] == ids[after] && before < after))
    }
  }

  @Test func `Of two messages of one id in a batch, the first has it`() async throws {
    try await StoreWorld.run { world in
      let id = UUID.v7()
      let first = try World.envelope(Add(account: "a"), id: id)
      let second = try World.envelope(Add(account: "b"), id: id)
      for batch in [[first, second], [second, first]] {
        _ = try await world.execute("delete from inbox")
        try await world.pool.transaction { try InboxStore.enqueueInsert(batch, in: $0) }
        try await world.pool.transaction { try InboxStore.checkBodies(of: [batch[0]], in: $0) }
        await #expect(throws: InboxStore.IdentityConflict.self) {
          try await world.pool.transaction { try InboxStore.checkBodies(of: [batch[1]], in: $0) }
        }
      }
    }
  }
}
