import Dispatch
import Foundation
import Logging
import Synchronization
import TestKit
import Testing

@testable import BusKit

/// What the sweep of a process sends, and what it leaves to others.
struct SweepTests {
  private func publisher(
    _ world: StoreWorld, _ broker: MemoryBroker, lengthMax: [String: Int] = [:], grace: Duration = .seconds(8)
  ) async throws -> Publisher {
    try await world.compare(epoch: try await broker.memory().epoch, runID: try await broker.memory().run)
    var timing = BusTiming()
    timing.outboxGrace = grace
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

  @Test func aStreamThatHasRoomAgainIsSeenThoughItsBacklogIsDueAgainBeforeItsEnd() async throws {
    try await StoreWorld.run { world in
      let broker = MemoryBroker()
      // What is passed over is due again sooner than one step takes.
      let publisher = try await publisher(world, broker, lengthMax: ["full": 1_000], grace: .milliseconds(1))
      try await world.insert(try await records(world, 1_000, stream: "full"))
      while try await publisher.sweep() {}
      #expect(try await broker.length(of: "full") == 1_000)
      try await world.insert(try await records(world, 900, stream: "full"))
      let sweeping = Task {
        while !Task.isCancelled {
          while try await publisher.sweep() {}
          try await Task.sleep(for: .milliseconds(10))
        }
      }
      // They are being passed over: they came with one transaction.
      try await eventually {
        try await world.number("select count(distinct xmin::text) as n from outbox_queue") ?? 0 > 1
      }
      try await broker.remove(stream: "full")
      try await eventually { try await broker.length(of: "full") == 900 }
      try await eventually { try await world.unsent() == 0 }
      sweeping.cancel()
      _ = await sweeping.result
    }
  }

  @Test func whatWasPassedOverLeavesAsSoonAsItsStreamHasRoom() async throws {
    try await StoreWorld.run { world in
      let broker = MemoryBroker()
      let publisher = try await publisher(world, broker, lengthMax: ["full": 700, "other": 1])
      try await world.insert(try await records(world, 700, stream: "full"))
      try await world.insert(try await records(world, 1, stream: "other"))
      while try await publisher.sweep() {}
      try await world.insert(try await records(world, 3, stream: "other"))
      try await world.insert(try await records(world, 600, stream: "full"))
      while try await publisher.sweep() {}
      #expect(publisher.mustLook)
      // For four times the grace: nobody would look at them within half a minute.
      #expect(
        try await world.number(
          "select count(*) as n from outbox_queue where available_at > now() + interval '20 s'") == 603)
      try await broker.remove(stream: "full")
      try await eventually {
        while try await publisher.sweep() {}
        return try await broker.length(of: "full") == 600
      }
      #expect(try await broker.length(of: "other") == 1)
      #expect(try await world.unsent() == 3)
    }
  }

  @Test func whatIsPassedOverIsWrittenOnce() async throws {
    try await StoreWorld.run { world in
      let broker = MemoryBroker()
      let single = StoreWorld(conninfo: world.conninfo, pool: StoreWorld.pool(world.conninfo, size: 1))
      let publisher = try await publisher(single, broker, lengthMax: ["full": 1])
      try await single.insert(try await records(single, 1, stream: "full"))
      _ = try await publisher.sweep()
      try await single.insert(try await records(single, 100, stream: "full"))
      func written() async throws -> Int64? {
        _ = try await single.execute("select pg_stat_force_next_flush()")
        _ = try await single.execute("select 1")
        return try await single.number(
          "select n_tup_upd as n from pg_stat_user_tables where relname = 'outbox_queue'")
      }
      let before = try await written() ?? 0
      _ = try await publisher.sweep()
      #expect(try await written() == before + 100)
      await single.pool.close()
    }
  }

  @Test func rowsThatAnotherHasLockedHoldUpNeitherAClaimNorARelease() async throws {
    try await StoreWorld.run { world in
      let rows = try await records(world, 4, stream: "full")
      try await world.insert(rows)
      try await world.execute(
        "update outbox_queue set available_at = now() + interval '20 s' where message_id = $1",
        [.uuid(rows[3].envelope.id)])
      let counts = try await world.pool.transaction { other in
        // As the mark of another replica does: of one that is due, and of one that was passed over.
        _ = try other.execute(
          "delete from outbox_queue where message_id = any($1)", [.uuidArray([1, 3].map { rows[$0].envelope.id })])
        let done = DispatchSemaphore(value: 0)
        let counts = Mutex<[Int]>([])
        Task {
          defer { done.signal() }
          let claim = try await world.pool.transaction { session in
            try OutboxStore.claimDue(limit: 9, grace: .seconds(2), passingOver: ["full": .seconds(20)], in: session)
          }
          let released = try await world.pool.transaction { session in
            try OutboxStore.release("full", limit: 9, grace: .seconds(2), pauseMax: .seconds(60), in: session)
          }
          counts.withLock { $0 = [claim.count, claim.records.count, released] }
        }
        guard done.wait(timeout: .now() + 10) == .success else { throw TestKitError("they waited for the lock") }
        return counts.withLock { $0 }
      }
      #expect(counts == [2, 0, 2])
    }
  }

  @Test func aStreamThatStaysFullIsLookedAtMoreAndMoreRarely() {
    var full = FullStreams(grace: .seconds(2))
    let start = ContinuousClock.now
    #expect(full.isEmpty)
    var changes = [10, 11].map { full.note(length: $0, most: 10, of: "s", at: start) }
    #expect(changes == [true, nil])
    #expect(full.pauses(at: start) == ["s": .seconds(8)])
    #expect(full.pauses(at: start + .seconds(20)) == ["s": .seconds(20)])
    #expect(full.pauses(at: start + .seconds(600)) == ["s": .seconds(60)])
    // Its length is asked for four times a second, however often the sweep takes a step.
    let looks = [0, 200, 250].map { full.toLook(at: start + .milliseconds($0)) }
    #expect(looks == [["s"], [], ["s"]])
    changes = [4, 7].map { full.note(length: $0, most: 10, of: "s", at: start) }
    #expect(changes == [false, nil])
    #expect(!full.contains("s") && full.rooms == ["s": 3])
    full.forget("s")
    changes = [5].map { full.note(length: $0, most: 10, of: "s", at: start) }
    #expect(changes == [nil] && full.isEmpty)
  }
}
