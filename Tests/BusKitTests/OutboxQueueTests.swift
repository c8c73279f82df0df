import Foundation
import Logging
import Postgres
import TestKit
import Testing

@testable import BusKit

/// What waits to be sent stands in a queue of its own; sending deletes from that and leaves the message as it is.
struct OutboxQueueTests {
  private func sentAt(_ world: StoreWorld) async throws -> Int64? {
    try await world.number("select count(sent_at) as n from outbox")
  }

  @Test func whatLeavesPromptlyIsNotWrittenAgainAndWhatLeavesLateHasItsTime() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1")
      let prompt = try await world.record("prompt")
      try await world.insert([prompt])
      let place = try await world.texts("select ctid::text as t from outbox")
      try await world.markSent([prompt])
      #expect(try await world.unsent() == 0)
      #expect(try await sentAt(world) == 0)
      #expect(try await world.texts("select ctid::text as t from outbox") == place)
      let late = try await world.record("late", age: .seconds(60))
      try await world.insert([late])
      try await world.markSent([late])
      #expect(try await sentAt(world) == 1)
      #expect(
        try await world.number(
          "select count(*) as n from outbox where sent_at > now() - interval '10 s' and body = 'late'") == 1)
    }
  }

  @Test func theMarkOfWhatIsKnownToBeYoungLeavesTheMessageAlone() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1")
      let marker = SentMarker(
        pool: world.pool, held: HeldRecords(longest: .seconds(60)), grace: .seconds(2), logger: Logger(label: "test"))
      let life = BrokerLife(epoch: "e1", runID: "r1")
      // Older than it says, to see that it is believed.
      let young = try await world.record("young", age: .seconds(60))
      let late = try await world.record("late", age: .seconds(60))
      try await world.insert([young, late])
      try await marker.mark(SentBatch([young], life: life, begun: .now))
      #expect(try await sentAt(world) == 0)
      try await marker.mark(SentBatch([late], life: life, begun: .now - OutboxStore.promptMax))
      #expect(try await sentAt(world) == 1)
      #expect(try await world.unsent() == 0)
    }
  }

  @Test func ofAnotherEpochNothingIsNoted() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1")
      let late = try await world.record("late", age: .seconds(60))
      try await world.insert([late])
      try await world.markSent([late], epoch: "e0")
      #expect(try await world.unsent() == 1)
      #expect(try await sentAt(world) == 0)
    }
  }

  @Test func messagesOfOneMomentAreSentAgainOnceEachThoughTheyLeaveBetweenTheSteps() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1")
      let one = try await world.record()
      let records = (0..<25).map { _ in
        var envelope = one.envelope
        envelope.id = .v7()
        return OutboxRecord(envelope: envelope, topicName: "t", streamKey: "s", isTransient: false)
      }
      try await world.insert(records)
      try await world.markSent(records)
      try await world.compare(epoch: "e2")
      var steps: [Int] = []
      while let count = try await world.pool.transaction({ try Resend.step(limit: 10, in: $0) }), steps.count < 9 {
        steps.append(count)
        // They leave at once, and are as old as before.
        try await world.markSent(records, epoch: "e2")
      }
      #expect(steps == [10, 10, 5])
    }
  }

  @Test func whatPiledUpWhileRedisWasAwayDoesNotHideWhenItWent() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1", runID: "r1")
      let sent = try await world.record("sent", age: .seconds(300))
      let waiting = try await world.record("waiting")
      try await world.insert([sent, waiting])
      try await world.markSent([sent])
      try await world.execute("update outbox set sent_at = created_at where sent_at is not null")
      #expect(try await world.compare(epoch: "e1", runID: "r2") == true)
      #expect(try await world.resend() == [1])
      #expect(try await world.unsent() == 2)
    }
  }

  @Test func aProgramOfVersionOneTakesWhatItHasSentOutOfTheQueue() async throws {
    try await StoreWorld.run { world in
      let record = try await world.record()
      try await world.insert([record])
      // As that version claims it and marks it.
      try await world.execute("update outbox set available_at = clock_timestamp() where sent_at is null")
      try await world.execute(
        "update outbox set sent_at = clock_timestamp(), stream_id = '1-0' where message_id = $1 and sent_at is null",
        [.uuid(record.envelope.id)])
      #expect(try await world.unsent() == 0)
    }
  }

  @Test func whatIsMarkedBesideTheSendingIsMarkedWhenTheMarkerHasEnded() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1")
      let marker = SentMarker(
        pool: world.pool, held: HeldRecords(longest: .seconds(60)), grace: .seconds(2), logger: Logger(label: "test"))
      let life = BrokerLife(epoch: "e1", runID: "r1")
      var records: [OutboxRecord] = []
      for _ in 0..<6 { records.append(try await world.record()) }
      try await world.insert(records)
      #expect(marker.submit(SentBatch(Array(records[0..<2]), life: life)))
      #expect(marker.submit(SentBatch([records[2]], life: BrokerLife(epoch: "e0", runID: "r1"))))
      #expect(marker.submit(SentBatch(Array(records[3..<5]), life: life)))
      marker.finish()
      #expect(!marker.submit(SentBatch([records[5]], life: life)))
      await marker.run()
      // One was sent in another epoch, one was not taken.
      #expect(try await world.unsent() == 2)
      #expect(
        try await world.texts("select message_id::text as t from outbox_queue order by 1")
          == [records[2], records[5]].map(\.envelope.id.text))
    }
  }

  @Test func whoWritesFasterThanSendingWaitsALittleAndNeverLong() async throws {
    try await StoreWorld.run { world in
      var timing = BusTiming()
      timing.outboxGrace = .milliseconds(800)
      let publisher = Publisher(
        broker: MemoryBroker(), pool: world.pool, timing: timing, lengthMax: [:], logger: Logger(label: "test"),
        metrics: MetricsRegistry())
      let clock = ContinuousClock()
      #expect(try await clock.measure { try await publisher.untilRoom() } < .milliseconds(50))
      // Nobody sends.
      publisher.submit(Array(repeating: try await world.record(), count: 4_001), begun: .now)
      #expect(try await clock.measure { try await publisher.untilRoom() } >= .milliseconds(100))
    }
  }
}
