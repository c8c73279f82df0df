import Foundation
import Postgres
import Redis
import TestKit
import Testing

@testable import BusKit

struct Refusal: Error {}

struct HandlingTests {
  @Test func aMessageDeliveredThriceIsAppliedOnce() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      let id = UUID.v7()
      for _ in 0..<3 { try await world.send(Add(account: "a", amount: 5), id: id) }
      try await world.send(Add(account: "last"))
      try await eventually { try await counter.account("last") != nil }
      #expect(try await counter.account("a") == Account(id: "a", total: 5, handled: 1))
      try await eventually { try await world.pending(Add.topic, "counter") == 0 }
      #expect(try await world.dead(Add.topic).isEmpty)
    }
  }

  @Test func anIgnoredTypeIsAcknowledgedAndLeavesNoRow() async throws {
    try await expectUnheardLeavesNoRow { $0.ignore(Unheard.self) }
  }

  @Test func aMessageThatIsOfNoUseIsAcknowledgedAndLeavesNoRow() async throws {
    try await expectUnheardLeavesNoRow {
      $0.handle(Unheard.self, where: { _ in false }) { _, _ in throw PermanentFailure("nothing comes of it") }
    }
  }

  private func expectUnheardLeavesNoRow(_ register: @escaping @Sendable (inout Service) -> Void) async throws {
    try await World.run { world in
      var service = World.counter()
      register(&service)
      try await world.send(Unheard())
      try await world.send(Add(account: "a"))
      try await world.send(Unheard())
      // All three are in the first batch.
      let counter = try await world.start(service)
      try await eventually { try await counter.account("a") != nil }
      try await eventually { try await world.pending(Add.topic, "counter") == 0 }
      let rows = try await counter.bus.read { try $0.execute("select count(*) as n from inbox").rows.first?.int("n") }
      #expect(rows == 1)
      #expect(try await world.dead(Add.topic).isEmpty)
    }
  }

  @Test func anIdUsedForAnotherBodyIsADeadLetter() async throws {
    try await World.run { world in
      let id = UUID.v7()
      try await world.send(Add(account: "a", amount: 5), id: id)
      try await world.send(Add(account: "a", amount: 6), id: id)
      try await world.send(Add(account: "b"))
      // All three are in the first batch.
      let counter = try await world.start(World.counter())
      try await eventually { try await world.dead(Add.topic).count == 1 }
      try await eventually { try await counter.account("b") != nil }
      let letter = try #require(try await world.dead(Add.topic).first)
      #expect(letter.id == id.text)
      #expect(letter.reason == "invariant")
      #expect(letter.detail.contains("another body"))
      #expect(try await counter.account("a") == Account(id: "a", total: 5, handled: 1))
    }
  }

  @Test func aHandlerThatThrowsIsTriedAgainAndThenItsMessageIsADeadLetter() async throws {
    try await World.run { world in
      let runs = Diary<String>()
      let counter = try await world.start(
        World.counter {
          runs.write($0.account)
          throw TransientFailure("not today", delay: .milliseconds(10))
        })
      try await world.send(Add(account: "a"))
      try await eventually { try await world.dead(Add.topic).count == 1 }
      let letter = try #require(try await world.dead(Add.topic).first)
      #expect(letter.reason == "attempts")
      #expect(letter.detail.contains("not today"))
      #expect(runs.lines.count == World.timing.attemptsMax)
      #expect(try await counter.account("a") == nil)
      #expect(try await world.pending(Add.topic, "counter") == 0)
    }
  }

  @Test func aHandlerThatRecoversIsAppliedOnce() async throws {
    try await World.run { world in
      let runs = Diary<String>()
      let counter = try await world.start(World.counter { if runs.write($0.account) == 1 { throw Refusal() } })
      try await world.send(Add(account: "a"))
      try await eventually { try await counter.account("a") == Account(id: "a", total: 1, handled: 1) }
      #expect(try await world.dead(Add.topic).isEmpty)
    }
  }

  @Test func aMigrationOfTheNextReleaseBesideThisOneIsNobodysFailure() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      try await world.send(Add(account: "a", amount: 1))
      try await eventually { try await counter.account("a")?.handled == 1 }
      _ = try await counter.core.pool.withSession {
        try $0.execute("alter table accounts add column owner text").affected
      }
      // What reads whole rows was prepared with a column less.
      try await world.send(Add(account: "a", amount: 2))
      try await eventually { try await counter.account("a")?.handled == 2 }
      #expect(!counter.core.metrics.render().contains("energy_bus_failed_total"))
    }
  }

  @Test func oneBadMessageOfABatchDoesNotStopTheOthers() async throws {
    try await World.run { world in
      try await world.send((0..<40).map { Add(account: $0 == 17 ? "bad" : "good") })
      let counter = try await world.start(
        World.counter { if $0.account == "bad" { throw InvariantViolation("a bad one") } })
      try await eventually { try await counter.account("good")?.handled == 39 }
      try await eventually { try await world.dead(Add.topic).map(\.reason) == ["invariant"] }
      #expect(try await counter.number("select count(*) as n from outbox") == 39)
      #expect(try await world.pending(Add.topic, "counter") == 0)
    }
  }

  @Test func anEntryThatIsNoMessageIsADeadLetterAtOnce() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      let stream = Add.topic.streamKey(0)
      _ = try await world.redis.send(RedisCommand("XADD", .init(stream), "*", "hello", "world"))
      var envelope = try World.envelope(Add(account: "a"))
      envelope.body = Array("{}".utf8)
      _ = try await world.redis.send(RedisCommand(["XADD", .init(stream), "*"] + envelope.wireFields))
      try await eventually { try await world.dead(Add.topic).map(\.reason) == ["undecodable", "undecodable"] }
      try await world.send(Add(account: "b"))
      try await eventually { try await counter.account("b") != nil }
    }
  }

  @Test func anUnknownTypeIsHandedBackWithoutCountingAndBuriedAfterItsGrace() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.lease = .milliseconds(300)
      timing.unknownGrace = .seconds(2)
      timing.attemptsMax = 1
      let counter = try await world.start(World.counter(), timing: timing)
      try await world.send(Unheard())
      // More deliveries than attempts, and still nothing is dead.
      try await eventually("it was delivered often") {
        let line = counter.bus.metrics.render().split(separator: "\n")
          .first { $0.hasPrefix("energy_bus_retried_total") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0 >= 3
      }
      #expect(try await world.dead(Add.topic).isEmpty)
      try await eventually { try await world.dead(Add.topic).map(\.reason) == ["unknown_type"] }
    }
  }

  @Test func whatADeadConsumerHoldsIsTakenOverBeforeItsLeaseEnds() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.lease = .seconds(60)
      let counter = try await world.start(World.counter(), timing: timing)
      try await eventually { try await world.pending(Add.topic, "counter") == 0 }
      try await counter.stop()
      // A process that reads and dies: it never shows a sign of life.
      try await world.send((0..<5).map { _ in Add(account: "a") })
      let read = try await world.redis.send(
        RedisCommand(
          "XREADGROUP", "GROUP", "counter", "a-dead-process", "COUNT", "5", "STREAMS",
          .init(Add.topic.streamKey(0)), ">"))
      #expect(read.array?.first?.array?.last?.array?.count == 5)
      let start = ContinuousClock.now
      let successor = try await world.start(World.counter(), timing: timing)
      try await eventually { try await successor.account("a")?.handled == 5 }
      #expect(ContinuousClock.now - start < .seconds(10))
      try await eventually { try await world.pending(Add.topic, "counter") == 0 }
    }
  }

  @Test func whatALivingConsumerHoldsIsNotTakenOver() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.lease = .seconds(60)
      let counter = try await world.start(World.counter(), timing: timing)
      let other = "busy-process"
      _ = try await counter.core.broker.beat(service: "counter", process: other, for: .seconds(60))
      let group = RedisSubscription(
        SubscriptionOptions(topic: Add.topic, partition: 0, group: "counter", consumer: other, lease: timing.lease),
        reader: world.redis, commands: world.redis)
      try await world.send(Add(account: "a"))
      // Whoever gets it: make it the other's.
      try await eventually { try await counter.account("a") != nil }
      try await counter.stop()
      try await world.send(Add(account: "b"))
      let held = try await group.read(limit: 1, wait: .milliseconds(1), acknowledging: false)
      #expect(held.count == 1)
      let second = try await world.start(World.counter(), timing: timing)
      try await world.send(Add(account: "c"))
      try await eventually { try await second.account("c") != nil }
      // Long after consumers count as settled and several sweeps later it is still the other's.
      try await Task.sleep(for: timing.alive + .milliseconds(700))
      #expect(try await second.account("b") == nil)
      #expect(try await world.pending(Add.topic, "counter") == 1)
      // The sign of life goes, and so does the delivery.
      try await second.core.broker.leave(service: "counter", process: other)
      try await eventually { try await second.account("b") != nil }
    }
  }

  @Test func aDelayedMessageLeavesWhenItsTimeHasCome() async throws {
    try await World.run { world in
      let audit = try await world.start(World.audit())
      try await world.start(World.counter())
      try await world.send(Add(account: "a", then: "tell later"))
      try await eventually { try await audit.notes().map(\.id) == ["a/1"] }
      let entry = try #require(try await world.entries(Added.topic.streamKey(0)).first)
      // `createdAt` is Postgres' time of the transaction, to the millisecond.
      #expect(entry.milliseconds - Int64(entry.envelope.createdAt.timeIntervalSince1970 * 1000) >= 499)
    }
  }
}
