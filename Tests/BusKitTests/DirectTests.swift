import Foundation
import Redis
import Synchronization
import TestKit
import Testing

@testable import BusKit

@Suite struct DirectTests {
  @Test func whatIsPublishedIsHandledInOrderAndAcknowledged() async throws {
    try await DirectWorld.run { world in
      let seen = Diary<Int>()
      var consumer = Consumer(group: "direct", options: DirectWorld.options())
      consumer.handle(Parcel.self) { parcel, _ in seen.write(parcel.number) }
      try await world.consuming(consumer) { client, _ in
        try await client.publish((0..<2_000).map { Parcel(number: $0) })
        try await eventually { seen.lines.count == 2_000 }
        #expect(seen.lines == Array(0..<2_000))
        try await eventually { try await world.state(client).pending == 0 }
      }
    }
  }

  @Test func manyTasksPublishAtOnceAndNothingIsLost() async throws {
    try await DirectWorld.run { world in
      let seen = Diary<Int>()
      var consumer = Consumer(group: "direct", options: DirectWorld.options { $0.concurrency = 8 })
      consumer.handle(Parcel.self) { parcel, _ in seen.write(parcel.number) }
      try await world.consuming(consumer) { client, _ in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<500 { group.addTask { try await client.publish(Parcel(number: number)) } }
          try await group.waitForAll()
        }
        try await eventually { seen.lines.count == 500 }
        #expect(Set(seen.lines) == Set(0..<500))
      }
    }
  }

  @Test func whatStandsBetweenOthersOfAnotherTypeIsHandledInOrder() async throws {
    try await DirectWorld.run { world in
      try await world.client().run { client in
        for number in 0..<20 {
          try await client.publish(Parcel(number: number))
          if number.isMultiple(of: 3) { try await client.publish(Letter(text: "\(number)")) }
        }
      }
      let seen = Diary<String>()
      var consumer = Consumer(group: "direct", options: DirectWorld.options())
      consumer.handle(Parcel.self) { parcel, _ in seen.write("parcel \(parcel.number)") }
      consumer.handle(Letter.self) { letter, _ in seen.write("letter \(letter.text)") }
      try await world.consuming(consumer) { client, _ in
        try await eventually { seen.lines.count == 27 }
        let expected = (0..<20).flatMap { $0.isMultiple(of: 3) ? ["parcel \($0)", "letter \($0)"] : ["parcel \($0)"] }
        #expect(seen.lines == expected)
      }
    }
  }

  @Test func ofABatchOnlyWhatItsHandlerNamesIsTriedAgain() async throws {
    try await DirectWorld.run { world in
      let seen = Diary<Int>()
      var consumer = Consumer(group: "direct", options: DirectWorld.options())
      consumer.handleBatches(Parcel.self) { batch in
        var failures: [Int: any Error] = [:]
        for (place, parcel) in batch.enumerated() {
          seen.write(parcel.message.number)
          if parcel.message.number == 3, seen.lines.count(where: { $0 == 3 }) < 2 { failures[place] = Unwilling() }
        }
        if !failures.isEmpty { throw PartialFailure(failures) }
      }
      try await world.consuming(consumer) { client, _ in
        try await client.publish((0..<10).map { Parcel(number: $0) })
        try await eventually { seen.lines.count == 11 }
        #expect(seen.lines.filter { $0 == 3 }.count == 2)
        try await eventually { try await world.state(client).pending == 0 }
        #expect(try await world.state(client).dead == 0)
      }
    }
  }

  @Test func eachKindOfFailureEndsAsItSays() async throws {
    try await DirectWorld.run { world in
      let seen = Diary<String>()
      var consumer = Consumer(group: "direct", options: DirectWorld.options())
      consumer.handle(Letter.self) { letter, _ in
        seen.write(letter.text)
        switch letter.text {
        case "permanent": throw PermanentFailure("no")
        case "invariant": throw InvariantViolation("never")
        case "throttled" where seen.lines.count(where: { $0 == "throttled" }) < 6:
          throw Throttled("later", after: .milliseconds(10))
        case "always": throw Unwilling()
        default: break
        }
      }
      try await world.consuming(consumer) { client, _ in
        try await client.publish(["permanent", "well", "invariant", "always", "throttled"].map { Letter(text: $0) })
        try await eventually(within: .seconds(15)) {
          try await world.state(client).dead == 3 && seen.lines.count { $0 == "throttled" } == 6
        }
        try await eventually { try await world.state(client).pending == 0 }
        let dead = try await client.broker.deadLetters(Letter.topic, partition: 0, after: nil, limit: 10)
        let reasons = Dictionary(uniqueKeysWithValues: try dead.map { (try $0.envelope().key, $0.reason) })
        #expect(reasons == ["permanent": "permanent", "invariant": "invariant", "always": "attempts"])
        #expect(seen.lines.count { $0 == "always" } == 3)
        #expect(seen.lines.count { $0 == "well" } == 1)
      }
    }
  }

  @Test func entriesThatAreNoMessagesAreDeadLettersAndHarmNobody() async throws {
    try await DirectWorld.run { world in
      let redis = RedisConnection(configuration: world.server.configuration)
      let stream = RedisWord(Parcel.topic.streamKey(0))
      let seen = Diary<Int>()
      var consumer = Consumer(group: "direct", options: DirectWorld.options())
      consumer.handle(Parcel.self) { parcel, _ in seen.write(parcel.number) }
      try await world.consuming(consumer) { client, _ in
        _ = try await redis.send(RedisCommand("XADD", stream, "*", "foreign", "1"))
        _ = try await redis.send(RedisCommand("XADD", stream, "*", "id", .init([0xff, 0xfe]), "body", ""))
        var bad = try World.envelope(Parcel(number: 1))
        bad.body = Array("{\"number\":\"one\"}".utf8)
        _ = try await redis.send(RedisCommand(["XADD", stream, "*"] + bad.wireFields))
        try await client.publish(Parcel(number: 7))
        try await eventually { try await world.state(client).dead == 3 && seen.lines == [7] }
        try await eventually { try await world.state(client).pending == 0 }
      }
      await redis.close()
    }
  }

  @Test func aHandlerThatNeverReturnsIsReplacedAndItsMessageBuried() async throws {
    try await DirectWorld.run { world in
      let seen = Diary<Int>()
      let options = DirectWorld.options {
        $0.handlerMax = .milliseconds(200)
        $0.attemptsMax = 2
      }
      var consumer = Consumer(group: "direct", options: options)
      consumer.handle(Parcel.self) { parcel, _ in
        seen.write(parcel.number)
        // Heeds no cancellation.
        if parcel.number == 1 { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
      }
      try await world.consuming(consumer) { client, _ in
        try await client.publish((0..<5).map { Parcel(number: $0) })
        try await eventually(within: .seconds(15)) { try await world.state(client).dead == 1 }
        #expect(Set(seen.lines) == [0, 1, 2, 3, 4])
        try await eventually { try await world.state(client).pending == 0 }
      }
    }
  }

  @Test func whatWaitsLongerThanALeaseForItsHandlerIsHandledOnce() async throws {
    try await DirectWorld.run { world in
      let seen = Diary<Int>()
      let options = DirectWorld.options { $0.batchMax = 10 }
      var consumer = Consumer(group: "direct", options: options)
      consumer.handle(Parcel.self) { parcel, _ in
        seen.write(parcel.number)
        try await Task.sleep(for: .milliseconds(150))
      }
      try await world.consuming(consumer) { client, _ in
        try await client.publish((0..<40).map { Parcel(number: $0) })
        try await eventually(within: .seconds(30)) {
          let pending = try await world.state(client).pending
          return seen.lines.count >= 40 && pending == 0
        }
        #expect(seen.lines == Array(0..<40))
      }
    }
  }

  @Test func whatAnotherHasTakenOverAndHasNotBegunHereIsLeftToIt() async throws {
    try await DirectWorld.run { world in
      let (seen, gate) = (Diary<Int>(), Promise<Void>())
      var consumer = Consumer(group: "direct", options: DirectWorld.options())
      consumer.handle(Parcel.self) { parcel, _ in
        seen.write(parcel.number)
        if parcel.number == 0 { try await gate.value() }
      }
      try await world.consuming(consumer) { client, _ in
        try await client.publish((0..<5).map { Parcel(number: $0) })
        try await eventually { seen.lines == [0] }
        let other = client.broker.subscribe(
          SubscriptionOptions(
            topic: Parcel.topic, partition: 0, group: "direct", consumer: "other", lease: .seconds(1)))
        let pending = try await other.pending(idle: .zero, of: nil, limit: 10)
        for delivery in pending.dropFirst() { _ = try await other.claim(delivery.id, idle: .zero) }
        try await other.acknowledge(pending.dropFirst().map(\.id))
        try await eventually { client.metrics.render().contains(/energy_bus_leases_lost_total\{[^\n]*\} 4/) }
        gate.set(.success(()))
        try await client.publish(Parcel(number: 5))
        try await eventually { seen.lines == [0, 5] }
        try await eventually { try await world.state(client).pending == 0 }
        await other.close()
      }
    }
  }

  @Test func whatIsBeingHandledIsNotTakenOverByItsOwnConsumerWhenItsLeaseRanOut() async throws {
    let ahead = Mutex<Int64>(0)
    let broker = MemoryBroker { Int64(Date().timeIntervalSince1970 * 1000) + ahead.withLock { $0 } }
    let client = BusClient(broker: broker, name: "test", logger: JSONLog.logger(service: "direct", level: .critical))
    let (seen, gate) = (Diary<Int>(), Promise<Void>())
    // Renewed once a second, looked at ten times as often.
    var consumer = Consumer(group: "direct", options: DirectWorld.options { $0.lease = .seconds(3) })
    consumer.handle(Parcel.self) { parcel, _ in
      seen.write(parcel.number)
      try await gate.value()
    }
    let consuming = consumer
    try await client.run { client in
      let runtime = client.runtime(of: consuming)
      async let running: Void = runtime.run()
      try await client.publish(Parcel(number: 1))
      try await eventually { seen.lines == [1] }
      for _ in 0..<6 {
        ahead.withLock { $0 += 10_000 }
        try await Task.sleep(for: .milliseconds(350))
      }
      gate.set(.success(()))
      try await eventually { try await broker.state(of: Parcel.topic).first?.groups.first?.pending == 0 }
      runtime.stop()
      try await running
    }
    #expect(seen.lines == [1])
  }

  @Test func aConsumerWithMoreThanItCanHoldEndsInTime() async throws {
    try await DirectWorld.run { world in
      let begun = Diary<Int>()
      let options = DirectWorld.options {
        $0.drainMax = .milliseconds(100)
        $0.batchMax = 1
      }
      var consumer = Consumer(group: "direct", options: options)
      consumer.handle(Parcel.self) { parcel, _ in
        begun.write(parcel.number)
        try await Task.sleep(for: .seconds(60))
      }
      let consuming = consumer
      try await world.client().run { client in
        try await client.publish((0..<8).map { Parcel(number: $0) })
        let runtime = client.runtime(of: consuming)
        async let running: Void = runtime.run()
        try await eventually { try await world.state(client).pending >= 3 }
        try await Task.sleep(for: .milliseconds(200))
        let start = ContinuousClock.now
        runtime.stop()
        try await running
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(begun.lines == [0])
      }
    }
  }

  @Test func whatADeadProcessHeldIsHandledByAnother() async throws {
    try await DirectWorld.run { world in
      let redis = RedisConnection(configuration: world.server.configuration)
      let stream = RedisWord(Parcel.topic.streamKey(0))
      _ = try await redis.send(RedisCommand("XGROUP", "CREATE", stream, "direct", "0", "MKSTREAM"))
      try await world.client().run { try await $0.publish((0..<5).map { Parcel(number: $0) }) }
      _ = try await redis.send(
        RedisCommand("XREADGROUP", "GROUP", "direct", "gone", "COUNT", "5", "STREAMS", stream, ">"))
      let seen = Diary<Int>()
      var consumer = Consumer(group: "direct", options: DirectWorld.options())
      consumer.handle(Parcel.self) { parcel, _ in seen.write(parcel.number) }
      try await world.consuming(consumer) { client, _ in
        try await eventually { Set(seen.lines) == [0, 1, 2, 3, 4] }
        try await eventually { try await world.state(client).pending == 0 }
      }
      await redis.close()
    }
  }

  @Test func drainingFinishesWhatWasBegunAndLeavesNothingBehind() async throws {
    try await DirectWorld.run { world in
      let (begun, done) = (Diary<Int>(), Diary<Int>())
      var consumer = Consumer(group: "direct", options: DirectWorld.options())
      consumer.handle(Parcel.self) { parcel, _ in
        begun.write(parcel.number)
        try await Task.sleep(for: .milliseconds(300))
        done.write(parcel.number)
      }
      let consuming = consumer
      try await world.client().run { client in
        let running = Task { try await client.run(consuming) }
        try await client.publish(Parcel(number: 1))
        try await eventually { begun.lines == [1] }
        // Cancelling drains; it does not cancel the handler.
        running.cancel()
        try await running.value
        #expect(done.lines == [1])
        let state = try await world.state(client)
        #expect(state.pending == 0)
        #expect(state.consumers == 0)
      }
    }
  }

  @Test func whatDoesNotEndWhileDrainingIsHandedBackAtOnce() async throws {
    try await DirectWorld.run { world in
      let begun = Diary<Int>()
      var consumer = Consumer(group: "direct", options: DirectWorld.options { $0.drainMax = .milliseconds(100) })
      consumer.handle(Parcel.self) { parcel, _ in
        begun.write(parcel.number)
        try await Task.sleep(for: .seconds(60))
      }
      try await world.consuming(consumer) { client, runtime in
        try await client.publish((0..<3).map { Parcel(number: $0) })
        try await eventually { begun.lines == [0] }
        let start = ContinuousClock.now
        runtime.stop()
        let subscription = client.broker.subscribe(
          SubscriptionOptions(topic: Parcel.topic, partition: 0, group: "direct", consumer: "next", lease: .seconds(1)))
        try await eventually {
          try await subscription.pending(idle: .milliseconds(900), of: nil, limit: 10).count == 3
        }
        #expect(ContinuousClock.now - start < .seconds(5))
        await subscription.close()
      }
    }
  }

  @Test func aRedisThatRestartsOrForgetsEverythingHoldsTheConsumerUpOnlyMeanwhile() async throws {
    try await DirectWorld.run { world in
      let seen = Diary<Int>()
      var consumer = Consumer(group: "direct", options: DirectWorld.options())
      consumer.handle(Parcel.self) { parcel, _ in seen.write(parcel.number) }
      try await world.consuming(consumer) { client, _ in
        try await client.publish(Parcel(number: 1))
        try await eventually { seen.lines.contains(1) }
        try await world.server.kill9()
        await #expect(throws: PublishFailure.self) { try await client.publish(Parcel(number: 2)) }
        try await world.server.restart()
        try await client.publish(Parcel(number: 3))
        try await eventually(within: .seconds(15)) { seen.lines.contains(3) }
        let redis = RedisConnection(configuration: world.server.configuration)
        _ = try await redis.send(RedisCommand("FLUSHALL"))
        await redis.close()
        try await client.publish(Parcel(number: 4))
        try await eventually(within: .seconds(15)) { seen.lines.contains(4) }
      }
    }
  }
}
