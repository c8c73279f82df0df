import Foundation
import TestKit
import Testing

@testable import BusKit

/// Messages that leave at a time: they wait in the outbox, not in a process.
struct DelayedMessageTests {
  @Test func aDelayedMessageSurvivesTheProcessThatRecordedIt() async throws {
    try await World.run { world in
      let first = try await world.start(World.counter())
      try await first.bus.transaction { unit in
        try unit.publish(Added(aggregate: "a", seq: 1, total: 1), at: unit.now.addingTimeInterval(1.5))
      }
      try await first.stop()
      #expect(try await world.entries(Added.topic.streamKey(0)).isEmpty)
      _ = try await world.start(World.counter())
      try await eventually { try await world.entries(Added.topic.streamKey(0)).count == 1 }
    }
  }

  @Test func twoReplicasSendADelayedMessageOnceAndNotBeforeItsTime() async throws {
    try await World.run { world in
      let replicas = [try await world.start(World.counter()), try await world.start(World.counter())]
      let count = 50
      let due = try await replicas[0].bus.transaction { unit in
        let due = unit.now.addingTimeInterval(0.6)
        for number in 1...count {
          try unit.publish(Added(aggregate: "a", seq: Int64(number), total: number), at: due)
        }
        return due
      }
      try await eventually {
        try await replicas[1].number("select count(*) as n from outbox_queue") == 0
      }
      let entries = try await world.entries(Added.topic.streamKey(0))
      #expect(entries.count == count)
      #expect(Set(entries.map(\.envelope.id)).count == count)
      #expect(entries.allSatisfy { Double($0.milliseconds) >= due.timeIntervalSince1970 * 1000 - 1 })
    }
  }
}
