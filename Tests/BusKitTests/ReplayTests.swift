import Foundation
import Postgres
import TestKit
import Testing

@testable import BusKit

/// What is sent again, by itself and by hand.
struct ReplayTests {
  /// Records that were sent, the first longest ago: `ages` before now.
  private func sent(_ world: StoreWorld, ages: [Int], topic: String = "test.events", key: String = "k") async throws
    -> [OutboxRecord]
  {
    var records: [OutboxRecord] = []
    for age in ages { records.append(try await world.record("\(age)", topic: topic, key: key)) }
    try await world.insert(records)
    try await world.markSent(records)
    for (record, age) in zip(records, ages) {
      try await world.execute(
        "update outbox set sent_at = clock_timestamp() - $2 * interval '1 s' where message_id = $1",
        [.uuid(record.envelope.id), .int(age)])
    }
    return records
  }

  private static let available = """
    select outbox_queue.available_at::text as t from outbox_queue join outbox using (message_id) where body = 'unsent'
    """

  private func waiting(_ world: StoreWorld) async throws -> [String] {
    try await world.texts(
      "select convert_from(body, 'UTF8') as t from outbox join outbox_queue using (message_id) order by 1")
  }

  @Test func aNewEpochSendsAgainFromTheFloorAndAMomentBefore() async throws {
    try await StoreWorld.run { world in
      #expect(try await world.compare(epoch: "e1") == false)
      let records = try await sent(world, ages: [900, 608, 500, 10])
      _ = try await sent(world, ages: [20], topic: "replies.somebody")
      let floor = try await world.now().addingTimeInterval(-600)
      try await world.note(floor: floor, epoch: "e1")
      // Of another Redis nothing is noted, nor of one that has ended and come back before anybody has compared it.
      #expect(try await !world.note(floor: .distantFuture, epoch: "e0"))
      #expect(try await !world.note(floor: .distantFuture, epoch: "e1", runID: "r2"))
      #expect(try await world.compare(epoch: "e2") == true)
      #expect(try await world.resend() == [3])
      #expect(try await waiting(world) == ["10", "500", "608"])
      let again = try await world.pool.transaction { try OutboxStore.claimDue(limit: 9, grace: .seconds(2), in: $0) }
      #expect(again.records.map(\.envelope) == records.dropFirst().map(\.envelope))
      // Once, not at every look.
      #expect(try await world.compare(epoch: "e2") == false)
      #expect(try await world.resend().isEmpty)
    }
  }

  @Test func withoutAFloorEverythingThatIsKeptIsSentAgain() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1")
      _ = try await sent(world, ages: [90_000, 1])
      try await world.compare(epoch: "e2")
      #expect(try await world.resend() == [2])
    }
  }

  @Test func anotherProcessOfTheSameRedisGetsTheMomentsBeforeItWent() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1", runID: "r1")
      _ = try await sent(world, ages: [800, 308, 300])
      #expect(try await world.compare(epoch: "e1", runID: "r2") == true)
      #expect(try await world.resend() == [2])
      #expect(try await waiting(world) == ["300", "308"])
    }
  }

  @Test func anotherProcessOfTheSameRedisGetsAllThatSomebodyStillNeeds() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1", runID: "r1")
      _ = try await sent(world, ages: [2_000, 758, 340, 300])
      try await world.note(floor: Date(timeIntervalSinceNow: -750), epoch: "e1")
      // Its file may have lost more than its end; the oldest was behind every reader.
      #expect(try await world.compare(epoch: "e1", runID: "r2") == true)
      #expect(try await world.resend() == [3])
      #expect(try await waiting(world) == ["300", "340", "758"])
    }
  }

  @Test func whatAnEndedRedisTookIsNotMarkedOnceAnotherIsKnown() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1", runID: "r1")
      let record = try await world.record()
      try await world.insert([record])
      // Taken by the first, which ended before it wrote it down; marked only after another replica has met the second.
      try await world.compare(epoch: "e1", runID: "r2")
      try await world.markSent([record], epoch: "e1", runID: "r1")
      #expect(try await world.unsent() == 1)
      try await world.markSent([record], epoch: "e1", runID: "r2")
      #expect(try await world.unsent() == 0)
    }
  }

  @Test func sendingAgainGoesInStepsContinuesAfterACrashAndLeavesWhatWasSentMeanwhile() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1")
      let records = try await sent(world, ages: Array(1...25))
      try await world.compare(epoch: "e2")
      #expect(try await world.pool.transaction { try Resend.step(limit: 10, in: $0) } == 10)
      // The ten that were sent longest ago; they leave at once, while the rest is still to be done.
      #expect(try await waiting(world).sorted() == (16...25).map { "\($0)" })
      try await world.markSent(records, epoch: "e2")
      #expect(try await world.unsent() == 0)
      // The process dies here; another goes on, and does not begin anew.
      let other = StoreWorld(conninfo: world.conninfo, pool: StoreWorld.pool(world.conninfo, size: 1))
      #expect(try await other.resend(limit: 10) == [10, 5])
      await other.pool.close()
      #expect(try await waiting(world).count == 15)
      #expect(try await world.number("select count(*) as n from bus_state where key like 'resend%'") == 0)
    }
  }

  @Test func aSecondLossDuringAResendTakesTheRestOfTheFirstOver() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1")
      _ = try await sent(world, ages: [5000, 4000, 10])
      try await world.compare(epoch: "e2")
      let floor = try await world.now()
      try await world.note(floor: floor, epoch: "e2")
      try await world.compare(epoch: "e3")
      #expect(try await world.resend() == [3])
    }
  }

  @Test func aRowIsNotMarkedByWhoeverSentItToAnotherRedis() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1")
      let record = try await world.record()
      try await world.insert([record])
      try await world.markSent([record], epoch: "e0")
      #expect(try await world.unsent() == 1)
      try await world.markSent([record], epoch: "e1")
      #expect(try await world.unsent() == 0)
    }
  }

  @Test func aRowIsNotMarkedByWhoeverSentItToAnEarlierProcessOfTheSameRedis() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1", runID: "r1")
      let record = try await world.record("late")
      try await world.insert([record])
      // Sent to the first; before that is written down, another replica meets the second and has its resend done.
      try await world.compare(epoch: "e1", runID: "r2")
      _ = try await world.resend()
      try await world.markSent([record], runID: "r1")
      #expect(try await waiting(world) == ["late"])
      try await world.markSent([record], runID: "r2")
      #expect(try await waiting(world).isEmpty)
    }
  }

  @Test func aTopicIsReplayedForATimeRangeByHand() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1")
      _ = try await sent(world, ages: [400, 300, 200, 100])
      _ = try await sent(world, ages: [250], topic: "test.others")
      try await world.insert([try await world.record("unsent")])
      let now = try await world.now()
      func replay(_ topic: String) async throws -> Int {
        try await OutboxStore.replay(
          ReplaySelection(topic: topic, from: now.addingTimeInterval(-350), to: now.addingTimeInterval(-150)),
          pool: world.pool)
      }
      let available = try await world.texts(Self.available)
      #expect(try await replay("test.events") == 2)
      #expect(try await waiting(world) == ["200", "300", "unsent"])
      #expect(try await world.texts(Self.available) == available)
      // The same once more changes nothing: they wait already.
      #expect(try await replay("test.events") == 0)
      #expect(try await replay("replies.somebody") == 0)
    }
  }

  @Test func anAggregateIsReplayedInStepsByHand() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1")
      _ = try await sent(world, ages: Array(1...7), key: "order-1")
      _ = try await sent(world, ages: [1, 2], topic: "test.others", key: "order-1")
      _ = try await sent(world, ages: [50], key: "order-2")
      _ = try await sent(world, ages: [60], topic: "replies.x", key: "order-1")
      let one = ReplaySelection(topic: "test.events", type: "test.Told", key: "order-1")
      #expect(try await OutboxStore.replay(one, limit: 3, pool: world.pool) == 7)
      #expect(try await OutboxStore.replay(key: "order-1", type: "test.Unheard", pool: world.pool) == 0)
      #expect(try await OutboxStore.replay(key: "order-1", pool: world.pool) == 2)
      #expect(try await world.unsent() == 9)
    }
  }

  @Test func replaysAtTheSameTimeDoNotLockEachOtherUp() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1")
      _ = try await sent(world, ages: Array(1...60))
      let counts = try await withThrowingTaskGroup(of: Int.self) { group in
        for index in 0..<4 {
          group.addTask {
            index % 2 == 0
              ? try await OutboxStore.replay(ReplaySelection(key: "k"), limit: 5, pool: world.pool)
              : try await OutboxStore.replay(ReplaySelection(topic: "test.events"), limit: 5, pool: world.pool)
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(counts.reduce(0, +) == 60)
      #expect(try await world.unsent() == 60)
    }
  }

  @Test func aReplayReachesWhatWasSentJustBefore() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      let audit = try await world.start(World.audit())
      try await world.send(Add(account: "a"))
      // It is there long before it is marked as sent.
      try await eventually { try await audit.notes().count == 1 }
      let core = counter.core
      try await OutboxStore.untilMarked(within: core.timing.outboxGrace, pool: core.pool)
      #expect(try await OutboxStore.replay(ReplaySelection(key: "a"), pool: core.pool) == 1)
    }
  }

  @Test func whatCannotBeMarkedHoldsUpAReplayForALittleWhileOnly() async throws {
    try await StoreWorld.run { world in
      try await world.insert([try await world.record()])
      try await OutboxStore.untilMarked(within: .milliseconds(40), pool: world.pool)
      #expect(try await world.unsent() == 1)
      // What is put off is known to be unsent.
      try await world.execute("update outbox_queue set available_at = now() + interval '1 h'")
      try await OutboxStore.untilMarked(within: .seconds(600), pool: world.pool)
    }
  }
}
