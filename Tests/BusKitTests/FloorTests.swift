import Foundation
import Redis
import TestKit
import Testing

@testable import BusKit

/// How much is sent again to a broker that has lost its memory.
struct FloorTests {
  @Test func onlyWhatAReaderMayStillNeedIsSentAgain() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      let audit = try await world.start(World.audit())
      try await world.send((0..<5).map { _ in Add(account: "a") })
      try await eventually { try await audit.notes().count == 5 }
      try await eventually { try await world.pending(Added.topic, "audit") == 0 }
      // These were sent long ago, and everybody has them.
      _ = try await counter.bus.read {
        try $0.execute("update outbox set created_at = created_at - interval '1 hour'").affected
      }
      try await FloorKeeper(core: counter.core).note()
      // The reader goes; what is sent now it will still need.
      try await audit.stop()
      try await world.send(Add(account: "a"))
      try await eventually { try await world.entries(Added.topic.streamKey(0)).count >= 1 }
      try await eventually { try await counter.number("select count(*) as n from outbox_queue") == 0 }
      try await FloorKeeper(core: counter.core).note()
      _ = try await world.redis.send(RedisCommand("FLUSHALL"))
      try await eventually { try await world.entries(Added.topic.streamKey(0)).count == 1 }
      let successor = try await world.start(World.audit())
      try await eventually { try await successor.notes().count == 6 }
      #expect(try await successor.notes().allSatisfy { $0.text == "once" })
      #expect(try await world.entries(Added.topic.streamKey(0)).count <= 1)
    }
  }

  @Test func aReaderThatWasNeverThereHoldsTheFloor() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      try await world.send(Add(account: "a"))
      try await eventually {
        try await counter.number("select count(*) - (select count(*) from outbox_queue) as n from outbox") == 1
      }
      try await FloorKeeper(core: counter.core).note()
      #expect(try await counter.number("select count(*) as n from bus_state where key = 'floor'") == 0)
    }
  }
}
