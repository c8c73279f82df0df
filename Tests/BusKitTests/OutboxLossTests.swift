import Dispatch
import Foundation
import Postgres
import Redis
import TestKit
import Testing

@testable import BusKit
@testable import BusProbe

/// What was committed reaches its readers, though Redis said yes and forgot, or somebody else was faster.
struct OutboxLossTests {
  @Test func whatAnUnfinishedWriteLostIsSentAgain() async throws {
    try await World.run { world in
      try await Deposits.run(world) { deposits in
        try await deposits.publish(10)
        let unsent = "select count(*) as n from source.outbox_queue"
        try await eventually { try await deposits.number(unsent) == 0 }
        let file = try await world.appendOnlyFile()
        let size = try Self.size(of: file)
        try await deposits.publish(50)
        try await eventually { try await deposits.number(unsent) == 0 }
        try await eventually { try await world.entries(Deposit.topic.streamKey(0)).count == 60 }
        // The power goes: the end of the file never reached the disk.
        try await world.server.kill9()
        let handle = try #require(FileHandle(forWritingAtPath: file))
        try handle.truncate(atOffset: UInt64(size))
        try handle.close()
        try await world.server.restart()
        let timing = Probe.timing(attemptsMax: 100)
        for service in [Probe.ledger(.none), Probe.auditor()] { try await world.start(service, timing: timing) }
        try await deposits.settle()
        #expect(try await deposits.handled() == 60)
      }
    }
  }

  private static func size(of file: String) throws -> Int64 {
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    return try #require((attributes[.size] as? NSNumber)?.int64Value)
  }

  @Test func aTransactionThatCommitsLateIsNotPassedOver() async throws {
    try await StoreWorld.run { world in
      let (early, late) = (try await world.record("early"), try await world.record("late"))
      let gate = DispatchSemaphore(value: 0)
      let (began, begin) = AsyncStream.makeStream(of: Void.self)
      // It takes its place in the table first and commits last.
      let slow = Task {
        try await world.pool.transaction { session in
          try OutboxStore.enqueueInsert([.init(record: early)], grace: .zero, in: session)
          _ = try session.flush()
          begin.finish()
          guard gate.wait(timeout: .now() + 10) == .success else { throw TestKitError("nobody let it commit") }
        }
      }
      for await _ in began {}
      try await world.insert([late])
      func due() async throws -> [OutboxRecord] {
        try await world.pool.transaction { try OutboxStore.claimDue(limit: 10, grace: .seconds(60), in: $0).records }
      }
      try await world.compare(epoch: "e1")
      let first = try await due()
      #expect(first.map(\.envelope.id) == [late.envelope.id])
      try await world.markSent(first)
      gate.signal()
      try await slow.value
      #expect(try await due().map(\.envelope.id) == [early.envelope.id])
    }
  }

  @Test func whatIsHandledIsTrimmed() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      for _ in 0..<10 { try await world.send((0..<100).map { _ in Add(account: "a") }) }
      try await eventually { try await counter.account("a")?.handled == 1_000 }
      // Whole nodes of up to a hundred entries go; what is left is less than two of them.
      try await eventually {
        try await world.redis.send(RedisCommand("XLEN", .init(Add.topic.streamKey(0)))).int ?? 0 < 200
      }
    }
  }

  @Test func aReadThatWaitsHoldsNobodyUp() async throws {
    try await World.run { world in
      let broker = world.broker()
      let link = broker.subscribe(
        SubscriptionOptions(topic: Add.topic, partition: 0, group: "counter", consumer: "me", lease: .seconds(60)))
      try await link.ensure()
      async let waiting = link.read(limit: 1, wait: .seconds(3), acknowledging: false)
      let start = ContinuousClock.now
      for _ in 0..<50 { _ = try await broker.length(of: Add.topic.streamKey(0)) }
      #expect(ContinuousClock.now - start < .seconds(2))
      try await world.send(Add(account: "a"))
      #expect(try await waiting.count == 1)
      await link.close()
      await broker.close()
    }
  }
}

extension World {
  /// Where this Redis appends what it is told.
  func appendOnlyFile() async throws -> String {
    func setting(_ name: RedisWord) async throws -> String {
      let reply = try await redis.send(RedisCommand("CONFIG", "GET", name))
      guard let value = reply.array?.last?.string else { throw TestKitError("Redis does not tell its settings.") }
      return value
    }
    let folder = "\(try await setting("dir"))/\(try await setting("appenddirname"))"
    let parts = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".incr.aof") }
    guard let part = parts.max() else { throw TestKitError("\(folder) has no append-only file.") }
    return "\(folder)/\(part)"
  }
}
