import Foundation
import Logging
import TestKit
import Testing

@testable import BusKit

/// What the sweep of a process sends, and what it leaves to others.
struct SweepTests {
  private func publisher(
    _ world: StoreWorld, _ broker: MemoryBroker, lengthMax: [String: Int] = [:]
  ) async throws -> Publisher {
    try await world.compare(epoch: try await broker.memory().epoch, runID: try await broker.memory().run)
    var timing = BusTiming()
    timing.outboxGrace = .seconds(8)
    return Publisher(
      broker: broker, pool: world.pool, timing: timing, lengthMax: lengthMax, logger: Logger(label: "test"),
      metrics: MetricsRegistry())
  }

  private func records(_ world: StoreWorld, _ count: Int, stream: String = "stream") async throws -> [OutboxRecord] {
    let one = try await world.record()
    return (0..<count).map { _ in
      var envelope = one.envelope
      envelope.id = .v7()
      return OutboxRecord(envelope: envelope, topicName: "t", streamKey: stream, isTransient: false)
    }
  }

  @Test func whatThisProcessIsAboutToSendItDoesNotSweep() async throws {
    try await StoreWorld.run { world in
      let broker = MemoryBroker()
      let publisher = try await publisher(world, broker)
      let (mine, left) = (try await records(world, 3), try await records(world, 2))
      try await world.insert(mine + left)
      publisher.submit(mine, begun: .now)
      #expect(try await publisher.sweep() == false)
      #expect(try await broker.length(of: "stream") == 2)
      // Claimed for this process: no other sweeps them either.
      #expect(try await world.number("select count(*) as n from outbox_queue where available_at > now()") == 3)
      publisher.finish()
      await publisher.run()
      #expect(try await broker.length(of: "stream") == 5)
      #expect(try await world.unsent() == 0)
    }
  }

  @Test func whatWaitsForItsMarkIsNotSentAgain() async throws {
    try await StoreWorld.run { world in
      let broker = MemoryBroker()
      let publisher = try await publisher(world, broker)
      let mine = try await records(world, 3)
      try await world.insert(mine)
      let running = Task { await publisher.run() }
      publisher.submit(mine, begun: .now)
      try await eventually { try await broker.length(of: "stream") == 3 }
      _ = try await publisher.sweep()
      #expect(try await broker.length(of: "stream") == 3)
      publisher.finish()
      await running.value
      #expect(try await world.unsent() == 0)
    }
  }

  @Test func whatIsHeldForTooLongIsTheSweepsAndWhatWasNotSentAtOnce() async throws {
    try await StoreWorld.run { world in
      let records = try await records(world, 4)
      let ids = records.map(\.envelope.id)
      let held = HeldRecords(longest: .seconds(60))
      held.hold(Array(records.prefix(3)))
      #expect(held.others(of: records).map(\.envelope.id) == [ids[3]])
      held.noteSent([records[0]])
      held.releaseUnsent(Array(records.prefix(2)))
      #expect(held.others(of: records).map(\.envelope.id) == [ids[1], ids[3]])
      held.release([records[0]])
      #expect(held.others(of: records).map(\.envelope.id) == [ids[0], ids[1], ids[3]])
      let brief = HeldRecords(longest: .zero)
      brief.hold(records)
      #expect(brief.others(of: records).map(\.envelope.id) == ids)
    }
  }

  @Test func aFullStreamDoesNotHoldUpWhatGoesToOthers() async throws {
    try await StoreWorld.run { world in
      let broker = MemoryBroker()
      let publisher = try await publisher(world, broker, lengthMax: ["full": 1])
      try await world.insert(try await records(world, 1, stream: "full"))
      _ = try await publisher.sweep()
      try await world.insert(try await records(world, 600, stream: "full"))
      try await world.insert(try await records(world, 5, stream: "open"))
      while try await publisher.sweep() {}
      #expect(try await broker.length(of: "open") == 5)
      #expect(try await broker.length(of: "full") == 1)
      // They are not looked at again with each sweep.
      #expect(
        try await world.number(
          "select count(*) as n from outbox_queue where available_at > now() + interval '4 s'") == 600)
    }
  }
}
