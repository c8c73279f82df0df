import Dispatch
import Foundation
import Redis
import TestKit
import Testing

@testable import BusKit
@testable import BusProbe

/// What a process holds stays its own for as long as it works on it, however long that is, and no longer.
struct LeaseTests {
  /// Longer than the lease of a second, shorter than anything else.
  private static let long = 1.6

  @Test func aBatchThatTakesLongerThanItsLeaseIsNotTakenOver() async throws {
    try await World.run { world in
      let runs = Diary<String>()
      let began = Diary<Int>()
      let first = try await world.start(
        World.counter { add in
          runs.write("first")
          if add.account == "slow" { Thread.sleep(forTimeInterval: Self.long / 4) }
          began.write(add.amount)
        })
      try await world.send((0..<4).map { Add(account: "slow", amount: $0) })
      try await eventually { began.lines.count > 0 }
      try await world.start(World.counter { _ in runs.write("second") })
      try await eventually { try await first.account("slow")?.handled == 4 }
      try await eventually { try await world.pending(Add.topic, "counter") == 0 }
      #expect(!runs.lines.contains("second"), "what is being handled, and what waits behind it, was renewed")
      #expect(runs.lines.count == 4)
    }
  }

  @Test func whatWaitsForASuspectToEndIsNotTakenOver() async throws {
    try await World.run { world in
      let deposits = Diary<String>()
      let adds = Diary<Int>()
      /// Handles both topics; a message of the one is tried again, alone, and takes its time.
      @Sendable func both(_ name: String) -> Service {
        var service = Service(name: "counter", schema: "both", migrations: [])
        service.handle(Add.self) { _, _ in
          switch adds.write(0) {
          case 1: throw TransientFailure("once more", delay: .milliseconds(10))
          default: Thread.sleep(forTimeInterval: Self.long)
          }
        }
        service.handle(Waiting.self) { _, _ in deposits.write(name) }
        return service
      }
      try await world.start(both("first"))
      try await world.send(Add(account: "a"))
      try await eventually { adds.lines.count == 2 }
      try await world.send(Waiting())
      try await eventually { try await world.pending(Waiting.topic, "counter") == 1 }
      try await world.start(both("second"))
      try await eventually { !deposits.lines.isEmpty }
      try await eventually { try await world.pending(Waiting.topic, "counter") == 0 }
      #expect(deposits.lines == ["first"])
    }
  }

  @Test(arguments: [1, 250])
  func aReplyThatGotLostIsHandledLongBeforeItsLeaseEnds(count: Int) async throws {
    try await World.run { world in
      var timing = World.timing
      timing.lease = .seconds(60)
      let gate = DispatchSemaphore(value: 0)
      let counter = try await world.start(
        World.counter { if $0.account == "gate" { _ = gate.wait(timeout: .now() + 10) } }, timing: timing)
      // While the reader is busy, a read of its own takes a message, and nobody gets the reply.
      try await world.send(Add(account: "gate"))
      try await eventually { try await world.pending(Add.topic, "counter") == 1 }
      try await world.send((0..<count).map { _ in Add(account: "lost") })
      let taken = try await world.redis.send(
        RedisCommand(
          "XREADGROUP", "GROUP", "counter", .init(counter.core.process), "STREAMS", .init(Add.topic.streamKey(0)), ">"))
      #expect(taken.array?.count == 1)
      _ = try await world.redis.send(RedisCommand("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
      gate.signal()
      try await eventually(within: .seconds(20)) { try await counter.account("lost")?.handled == count }
      try await eventually { try await world.pending(Add.topic, "counter") == 0 }
    }
  }

  @Test func whatAnotherHasTakenOverMeanwhileIsNotTakenBackFromIt() async throws {
    let broker = MemoryBroker()
    let client = BusClient(broker: broker, name: "test", logger: JSONLog.logger(service: "direct", level: .critical))
    @Sendable func link(_ consumer: String) -> any BrokerSubscription {
      broker.subscribe(
        SubscriptionOptions(
          topic: Parcel.topic, partition: 0, group: "direct", consumer: consumer, lease: .seconds(60)))
    }
    let (seen, gate) = (Diary<Int>(), Promise<Void>())
    var consumer = Consumer(group: "direct", options: DirectWorld.options { $0.lease = .seconds(60) })
    consumer.handle(Parcel.self) { parcel, _ in
      seen.write(parcel.number)
      if parcel.number < 2 { try await gate.value() }
    }
    let consuming = consumer
    try await client.run { client in
      // Two are the consumer's own without its knowing.
      let own = link(client.process)
      try await own.ensure()
      try await client.publish((0..<2).map { Parcel(number: $0) })
      let ids = try await own.read(limit: 2, wait: .zero, acknowledging: false).map(\.id)
      let runtime = client.runtime(of: consuming)
      async let running: Void = runtime.run()
      try await client.publish(Parcel(number: 2))
      try await eventually { seen.lines == [2] }
      // Over a new connection it looks for them, and has one in hand when another takes the other one.
      broker.setDown(true)
      broker.setDown(false)
      try await eventually { seen.lines.count == 2 }
      _ = try await broker.beat(service: "direct", process: "other", for: .seconds(60))
      let first = seen.lines[1]
      try #require(ids.count == 2 && first < 2)
      if case .mine = try await link("other").claim(ids[1 - first], idle: .zero) {} else { Issue.record("not taken") }
      gate.set(.success(()))
      try await client.publish(Parcel(number: 3))
      try await eventually { seen.lines.contains(3) }
      #expect(seen.lines == [2, first, 3])
      runtime.stop()
      try await running
    }
  }

  @Test func whatWasTrimmedWhilePendingIsCountedLostAndItsNeighboursAreHandled() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      try await counter.stop()
      try await world.send((0..<3).map { Add(account: "a", amount: $0) })
      let stream = RedisWord(Add.topic.streamKey(0))
      _ = try await world.redis.send(
        RedisCommand("XREADGROUP", "GROUP", "counter", "a-dead-process", "STREAMS", stream, ">"))
      let second = try await world.redis.send(RedisCommand("XRANGE", stream, "-", "+")).array?[1].array?.first?.string
      _ = try await world.redis.send(RedisCommand("XDEL", stream, .init(try #require(second))))
      let successor = try await world.start(World.counter())
      try await eventually { try await successor.account("a")?.handled == 2 }
      try await eventually { try await world.pending(Add.topic, "counter") == 0 }
      #expect(
        successor.bus.metrics.render().contains(#"energy_bus_lost_total{topic="test.commands",group="counter"} 1"#))
    }
  }

  @Test func aProcessThatWasKilledIsForgottenOnceItHoldsNothing() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.alive = .milliseconds(300)
      try await world.start(World.counter(), timing: timing)
      try await world.send(Add(account: "a"))
      _ = try await world.redis.send(
        RedisCommand("XGROUP", "CREATECONSUMER", .init(Add.topic.streamKey(0)), "counter", "a-dead-process"))
      try await eventually(within: .seconds(20)) {
        let reply = try await world.redis.send(
          RedisCommand("XINFO", "CONSUMERS", .init(Add.topic.streamKey(0)), "counter"))
        return RedisInspection.consumers(reply).map(\.name).allSatisfy { $0 != "a-dead-process" }
      }
    }
  }

  @Test func whoWaitsForWorkAsksRedisAFewTimesASecond() async throws {
    try await World.run { world in
      // Somebody alive holds a message for a long time: pending, and not to be taken over.
      var timing = World.timing
      timing.lease = .seconds(60)
      let other = "a-living-process"
      let broker = world.broker()
      _ = try await broker.beat(service: "counter", process: other, for: .seconds(60))
      let link = broker.subscribe(
        SubscriptionOptions(topic: Add.topic, partition: 0, group: "counter", consumer: other, lease: timing.lease))
      try await link.ensure()
      try await world.send(Add(account: "held"))
      #expect(try await link.read(limit: 1, wait: .milliseconds(10), acknowledging: false).count == 1)
      await link.close()
      await broker.close()
      try await world.start(World.counter(), timing: timing)
      func commands() async throws -> Int64 {
        let info = try await world.redis.send(RedisCommand("INFO", "stats")).string ?? ""
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_commands_processed:") }
        return try #require(line.flatMap { Int64($0.dropFirst(25)) })
      }
      try await Task.sleep(for: .seconds(1))
      let before = try await commands()
      try await Task.sleep(for: .seconds(1))
      let count = try await commands() - before
      // The test's times are fifty times shorter than usual ones.
      #expect((10...600).contains(count), "\(count) commands in a second")
      #expect(try await world.pending(Add.topic, "counter") == 1)
    }
  }

  @Test func aProducersWrongClockChangesNothing() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      for milliseconds in [0, 4_102_444_800_000] as [Int64] {
        var envelope = try World.envelope(Add(account: "a"))
        envelope = Envelope(
          id: envelope.id, type: envelope.type, version: envelope.version, key: envelope.key,
          createdAt: Date(milliseconds: milliseconds), correlation: envelope.correlation, body: envelope.body)
        try await world.send(envelope, to: Add.topic)
      }
      try await eventually { try await counter.account("a")?.handled == 2 }
      try await eventually { try await world.pending(Add.topic, "counter") == 0 }
      #expect(try await world.dead(Add.topic).isEmpty)
    }
  }
}

private struct Waiting: Message {
  static let messageType = "test.Waiting"
  static let topic = Topic("test.waiting", groups: [.essential("counter")])
  var messageKey: String { "" }
}
