import Dispatch
import Foundation
import Postgres
import Redis
import TestKit
import Testing

@testable import BusKit

struct OutageTests {
  @Test func aRedisThatForgetsEverythingGetsTheOutboxAgain() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      // The reader of the events is not there yet: only Redis and the outbox know of these.
      try await world.send((0..<3).map { _ in Add(account: "a") })
      try await eventually { try await world.entries(Added.topic.streamKey(0)).count == 3 }
      try await eventually { try await counter.number("select count(*) as n from outbox_queue") == 0 }
      _ = try await world.redis.send(RedisCommand("FLUSHALL"))
      #expect(try await world.entries(Added.topic.streamKey(0)).isEmpty)
      // Nobody publishes anything; the loss is noticed all the same.
      let audit = try await world.start(World.audit())
      try await eventually { try await audit.notes().map(\.id) == ["a/1", "a/2", "a/3"] }
      // And again under the reader's eyes: it finds its group anew, and nothing is applied twice.
      _ = try await world.redis.send(RedisCommand("FLUSHALL"))
      try await world.send(Add(account: "a"))
      try await eventually { try await audit.notes().count == 4 }
      try await eventually { try await world.entries(Added.topic.streamKey(0)).count >= 4 }
      try await eventually { try await world.pending(Added.topic, "audit") == 0 }
      #expect(try await audit.notes().map(\.text) == ["once", "once", "once", "once"])
      #expect(try await counter.account("a")?.handled == 4)
    }
  }

  @Test func aRedisThatIsKilledAndComesBackLosesNothing() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      let audit = try await world.start(World.audit())
      try await world.send(Add(account: "a"))
      try await eventually { try await audit.notes().count == 1 }
      try await world.server.kill9()
      try await eventually { counter.bus.redisDownFor != nil }
      // Written while Redis is away.
      try await counter.bus.transaction { unit in
        try unit.publish(Added(aggregate: "b", seq: 1, total: 1))
      }
      try await world.server.restart()
      try await world.send(Add(account: "a"))
      try await eventually { try await audit.notes().map(\.id) == ["a/1", "a/2", "b/1"] }
      #expect(try await audit.notes().allSatisfy { $0.text == "once" })
      #expect(try await counter.account("a")?.handled == 2)
      try await eventually { counter.bus.redisDownFor == nil }
    }
  }

  @Test func aPostgresSessionThatEndsInTheMiddleOfABatchIsNobodysAttempt() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.attemptsMax = 1
      let runs = Diary<String>()
      let gate = DispatchSemaphore(value: 0)
      try await world.send((0..<10).map { _ in Add(account: "a") })
      let counter = try await world.start(
        World.counter { add in
          // On the connection's own thread: it may block.
          if runs.write(add.account) == 4 { _ = gate.wait(timeout: .now() + 10) }
        }, timing: timing)
      try await eventually { runs.lines.count == 4 }
      let database = try #require(world.conninfo.split(separator: " ").first { $0.hasPrefix("dbname=") })
      let ended = try await world.postgres.administer(
        """
        select pg_terminate_backend(pid) as done from pg_stat_activity
        where application_name = 'counter' and datname = $1
        """, [.text(String(database.dropFirst(7)))])
      #expect(!ended.rows.isEmpty)
      gate.signal()
      try await eventually {
        do {
          return try await counter.account("a") == Account(id: "a", total: 10, handled: 10)
        } catch let error as PostgresError where error.isConnectionLoss {
          return false  // This question's own session was among those that ended.
        }
      }
      try await eventually { try await world.pending(Add.topic, "counter") == 0 }
      #expect(try await world.dead(Add.topic).isEmpty)
      // The ten ran to their end on values, could not be written, and ran once more.
      #expect(runs.lines.count == 20)
    }
  }

  @Test func aMessageThatKeepsLosingItsSessionIsBuriedAndItsNeighboursAreNot() async throws {
    try await World.run { world in
      try await world.send(Add(account: "good"), Add(account: "deadly"), Add(account: "good"))
      let counter = try await world.start(
        World.counter {
          if $0.account == "deadly" { throw PostgresError(.connection, "the server closed the connection") }
        })
      try await eventually(within: .seconds(20)) { try await world.dead(Add.topic).map(\.reason) == ["attempts"] }
      try await eventually { try await counter.account("good")?.handled == 2 }
    }
  }

  @Test func aPostgresThatCannotWriteItsFilesIsNobodysAttempt() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.attemptsMax = 1
      let runs = Diary<String>()
      let counter = try await world.start(
        World.counter {
          if runs.write($0.account) <= 6 {
            throw PostgresError(
              .server(sqlState: "XX000"), "could not extend file: File too large", isStorageFailure: true)
          }
        }, timing: timing)
      try await world.send(Add(account: "a"), Add(account: "b"))
      try await eventually(within: .seconds(20)) { try await counter.account("b")?.handled == 1 }
      try await eventually { try await counter.account("a")?.handled == 1 }
      #expect(try await world.dead(Add.topic).isEmpty)
    }
  }

  @Test func aPostgresThatFallsSilentMakesTheServiceUnreadyAndIsGivenUpForANewConnection() async throws {
    try await World.run { world in
      let proxy = try SilentProxy(name: ".s.PGSQL.5432", upstream: "\(world.postgres.socketFolder)/.s.PGSQL.5432")
      let counter = try await world.start(
        World.counter(), conninfo: proxy.conninfo(world.conninfo), silenceMax: .seconds(1))
      try await world.send(Add(account: "a"))
      try await eventually { try await counter.account("a")?.handled == 1 }
      proxy.fallSilent()
      try await world.send((0..<20).map { _ in Add(account: "a") })
      try await eventually(within: .seconds(20)) { !counter.core.health.isReady }
      #expect(counter.bus.postgresDownFor != nil)
      proxy.recover()
      try await eventually(within: .seconds(20)) { counter.core.health.isReady }
      try await eventually(within: .seconds(20), "each has had its effect, once") {
        do {
          return try await counter.account("a") == Account(id: "a", total: 21, handled: 21)
        } catch let error as PostgresError where error.isConnectionLoss {
          return false
        }
      }
      #expect(try await world.dead(Add.topic).isEmpty)
      try await counter.stop()
      try proxy.stop()
    }
  }

  @Test func aServiceThatStopsFinishesWhatItHasBegun() async throws {
    try await World.run { world in
      let began = Diary<Int>()
      var service = World.counter()
      service.effect(Ring.self) { ring, context in
        began.write(ring.number)
        // Longer than its lease.
        try await Task.sleep(for: .seconds(1))
        return .done(needs: [.row(Note.self, "rung")]) {
          try $0.save(Note(id: "rung", topic: "", text: "\(context.attempt)"))
        }
      }
      service.background("forever") { _ in try await Task.sleep(for: .seconds(3600)) }
      let counter = try await world.start(service)
      let other = try await world.start(service)
      try await world.send(Add(account: "a", then: "ring"))
      try await eventually { began.lines.count == 1 }
      try await world.send((0..<300).map { _ in Add(account: "b") })
      let start = ContinuousClock.now
      try await counter.stop()
      #expect(ContinuousClock.now - start < .seconds(5))
      // A replica remains: it has finished what the other left unread, and has not run its effect.
      try await eventually { try await other.account("b")?.handled == 300 }
      try await eventually { try await other.notes().map(\.text) == ["1"] }
      try await other.stop()
      #expect(began.lines == [1])
      #expect(try await world.pending(Add.topic, "counter") == 0)
      let consumers = try await world.redis.send(
        RedisCommand("XINFO", "CONSUMERS", .init(Add.topic.streamKey(0)), "counter"))
      #expect(consumers.array?.isEmpty == true)
      // Everything published has left, though nobody is there any more to sweep.
      #expect(try await world.entries(Added.topic.streamKey(0)).count >= 300)
      let pool = PostgresPool(
        configuration: PostgresConfiguration(
          conninfo: world.conninfo, applicationName: "test", searchPath: "counter"), size: 1)
      let unsent = try await pool.withSession {
        try $0.execute("select count(*) as n from outbox_queue").rows.first?.int("n")
      }
      await pool.close()
      #expect(unsent == 0)
    }
  }
}
