import BusKit

extension BrokerConformance {
  static let memory: [BrokerPromise] = [
    BrokerPromise("every way to a broker sees one epoch, as long as it remembers", oneEpoch),
    BrokerPromise("a broker that lost everything has another epoch, and none until it is asked for", epochChanges),
    BrokerPromise(
      "a group that is gone is reported, and made again begins with the oldest message", reportsLostStreams),
    BrokerPromise("a read that waits while everything is lost ends, and the group is reported gone", waitEndsAtALoss),
    BrokerPromise("a connection opened anew shows as another generation", needs: .cutting, generationChanges),
    BrokerPromise("a broker that is away is an outage and comes back", needs: .outage, isAnOutage),
    BrokerPromise("what was stored survives a restart", needs: .persistence, persists),
  ]

  @Sendable private static func oneEpoch(_ stage: ConformanceStage) async throws {
    let other = try await stage.connect()
    let memory = try await stage.broker.memory()
    try expect(!memory.epoch.isEmpty, "an epoch", seen: "an empty one")
    try expect("the epoch, asked again", try await stage.broker.memory().epoch, is: memory.epoch)
    let seen = try await other.memory()
    try expect("the epoch, seen by another", [seen.epoch, seen.run], is: [memory.epoch, memory.run])
    let pulse = try await other.beat(service: "s", process: "p", for: .seconds(1))
    try expect("the epoch of a sign of life", pulse.epoch, is: memory.epoch)
  }

  @Sendable private static func epochChanges(_ stage: ConformanceStage) async throws {
    let before = try await stage.broker.memory()
    try await stage.subject.wipe()
    let pulse = try await stage.broker.beat(service: "s", process: "p", for: .seconds(1))
    try expect("the epoch of a sign of life", pulse.epoch, is: nil)
    try expect("the epoch of a message", try await stage.publish(1...1).epoch, is: nil)
    let after = try await stage.broker.memory()
    try expect(after.epoch != before.epoch, "another epoch", seen: after.epoch)
    try expect("the epoch of a message then", try await stage.publish(2...2).epoch, is: after.epoch)
  }

  private static func expectLost(_ what: String, _ body: () async throws -> Int) async throws {
    do {
      throw ConformanceFailure(expected: "\(what) throws StreamLost", seen: "\(try await body()) messages")
    } catch is StreamLost {
      return
    }
  }

  @Sendable private static func reportsLostStreams(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    try await stage.publish(1...3)
    let first = try await link.takeOne()
    try await stage.subject.wipe()
    try await expectLost("a read without stream") { try await link.take().count }
    try await expectLost("a look at what is pending") {
      try await link.pending(idle: .zero, of: nil, limit: 10).count
    }
    try await expectLost("a look at the consumers") { try await link.consumers().count }
    try await expectLost("renewing leases") { try await link.extend([first.id]).count }
    try await stage.publish(4...5)
    try await expectLost("a read without group") { try await link.take().count }
    try await link.ensure()
    try expect("from the beginning", try ConformanceStage.numbers(try await link.take()), is: [4, 5])
  }

  @Sendable private static func waitEndsAtALoss(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    async let waiting = link.take(wait: .seconds(2))
    try await Task.sleep(for: .milliseconds(60))
    try await stage.subject.wipe()
    let start = ContinuousClock.now
    do {
      try expect("what a read gets of a lost stream", try await waiting.count, is: 0)
    } catch is StreamLost {
      // Said at once: the better answer.
    }
    let waited = ContinuousClock.now - start
    try expect(waited < .seconds(10), "the end of its wait", seen: "\(waited) later")
    try await expectLost("the next read") { try await link.take().count }
  }

  @Sendable private static func generationChanges(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    try await stage.publish(1...2)
    let held = try await link.takeOne()
    let before = (broker: stage.broker.generation, link: link.generation)
    try await stage.subject.cut?()
    // A call or two may fail until the way is open again.
    for _ in 0..<100 {
      do {
        _ = try await stage.broker.length(of: stage.topic.streamKey(0))
        try expect("what is left to read", try ConformanceStage.numbers(try await link.take()), is: [2])
        break
      } catch {
        guard stage.broker.isOutage(error) else { throw error }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
    let after = (broker: stage.broker.generation, link: link.generation)
    try expect(after.broker > before.broker, "a later generation than \(before.broker)", seen: "\(after.broker)")
    try expect(after.link > before.link, "a later generation of the reader than \(before.link)", seen: "\(after.link)")
    try expect("still its own", try await link.extend([held.id]), is: [held.id])
  }

  @Sendable private static func isAnOutage(_ stage: ConformanceStage) async throws {
    _ = try await stage.join()
    try await stage.subject.outage?.begin()
    do {
      _ = try await stage.publish(1...1)
      throw ConformanceFailure(expected: "publishing throws while the broker is away", seen: "it was stored")
    } catch let failure as ConformanceFailure {
      throw failure
    } catch {
      try expect(stage.broker.isOutage(error), "an error that is an outage", seen: "\(error)")
    }
    try expect(!stage.broker.isOutage(StreamLost("")), "a lost stream is no outage", seen: "that it is")
    try await stage.subject.outage?.end()
    try await untilAnswers(stage)
    try await stage.publish(2...2)
  }

  private static func untilAnswers(_ stage: ConformanceStage) async throws {
    for _ in 0..<200 {
      do {
        _ = try await stage.broker.memory()
        return
      } catch {
        guard stage.broker.isOutage(error) else { throw error }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
    throw ConformanceFailure(expected: "the broker answers after its outage", seen: "10 s of errors")
  }

  @Sendable private static func persists(_ stage: ConformanceStage) async throws {
    let memory = try await stage.broker.memory()
    let link = try await stage.join()
    try await stage.publish(1...5)
    let read = try await link.take(3)
    try await link.acknowledge([read[0].id])
    _ = try await link.bury(read[1], reason: "r", detail: "d")
    // Storing may lag behind the answer by a moment (`appendfsync everysec`).
    try await Task.sleep(for: .milliseconds(1200))
    try await stage.subject.outage?.begin()
    try await stage.subject.outage?.end()
    try await untilAnswers(stage)
    let after = try await stage.broker.memory()
    try expect("the epoch", after.epoch, is: memory.epoch)
    try expect(after.run != memory.run, "another run", seen: after.run)
    let pending = try await link.pending(idle: .zero, of: nil, limit: 9)
    try expect("pending", pending.map(\.id), is: [read[2].id])
    let again = try await stage.join("two", over: try await stage.connect())
    try expect("not yet read", try ConformanceStage.numbers(try await again.take()), is: [4, 5])
    let dead = try await stage.broker.deadLetters(stage.topic, partition: 0, after: nil, limit: 9)
    try expect("dead letters", dead.map(\.reason), is: ["r"])
  }
}
