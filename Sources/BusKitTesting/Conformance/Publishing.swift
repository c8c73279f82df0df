import BusKit
import Foundation

extension BrokerConformance {
  static let publishing: [BrokerPromise] = [
    BrokerPromise("a message comes out with every field it went in with", keepsEveryField),
    BrokerPromise("a body of the largest size comes out byte for byte", keepsLargeBodies),
    BrokerPromise("the report has one outcome for each message, in order, and the length of each stream", reports),
    BrokerPromise("many publishers at once lose nothing", concurrentPublishersLoseNothing),
    BrokerPromise("a short-lived stream keeps about as many messages as was asked", transientStreamsAreBounded),
    BrokerPromise("partitions of a topic are streams of their own", partitionsAreSeparate),
    BrokerPromise("publishing nothing is no error", publishingNothing),
    BrokerPromise("a stream that was removed is empty, and can be written to again", removesStreams),
  ]

  @Sendable private static func keepsEveryField(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    let created = Date(timeIntervalSince1970: 1_700_000_000.123)
    let full = Envelope(
      id: .v7(), type: "conformance.Füll", version: 7, key: "a key\nwith 言葉 🚀", createdAt: created,
      timeToLive: .milliseconds(1), correlation: "cor", causation: "cau", traceparent: "00-1-2-01", replyTo: "p@1",
      contentType: "application/x-any", body: Array(0...255))
    let bare = Envelope(id: .v7(), type: "t", version: 1, key: "", createdAt: created, correlation: "", body: [])
    _ = try await stage.broker.publish([Publication(full, topic: stage.topic), Publication(bare, topic: stage.topic)])
    let read = try await link.take()
    try expect("messages read", read.count, is: 2)
    try expect("the full envelope", try read[0].envelope(), is: full)
    try expect("the bare envelope", try read[1].envelope(), is: bare)
    try expect("its count of deliveries", read[0].deliveries, is: 1)
  }

  @Sendable private static func keepsLargeBodies(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    var envelope = ConformanceStage.envelope("")
    envelope.body = (0..<Envelope.bodyBytesMax).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let publications = (0..<8).map { _ in Publication(envelope, topic: stage.topic) }
    _ = try await stage.broker.publish(publications)
    let read = try await link.take(wait: .seconds(2))
    try expect("large messages read", read.count, is: 8)
    for delivery in read {
      let body = try delivery.envelope().body
      try expect(body == envelope.body, "the body as it was", seen: "another of \(body.count) bytes")
    }
  }

  @Sendable private static func reports(_ stage: ConformanceStage) async throws {
    let other = stage.topic(".other", groups: [.essential("g")])
    let memory = try await stage.broker.memory()
    let list = [stage.topic, other, stage.topic].map { Publication(ConformanceStage.envelope("x"), topic: $0) }
    let report = try await stage.broker.publish(list)
    let ids = report.outcomes.compactMap { if case .stored(let id) = $0 { id } else { nil } }
    try expect("stored messages", ids.count, is: 3)
    try expect("lengths", report.lengths, is: [stage.topic.streamKey(0): 2, other.streamKey(0): 1])
    try expect("the epoch they were stored in", report.epoch, is: memory.epoch)
    let link = try await stage.join()
    try expect("ids as they are read", try await link.take().map(\.id), is: [ids[0], ids[2]])
    try expect("the length of a stream", try await stage.broker.length(of: other.streamKey(0)), is: 1)
    try expect("the length of no stream", try await stage.broker.length(of: "bus:{none.0}:stream"), is: 0)
  }

  @Sendable private static func concurrentPublishersLoseNothing(_ stage: ConformanceStage) async throws {
    let (publishers, each) = (40, 50)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for publisher in 0..<publishers {
        group.addTask {
          for start in stride(from: 0, to: each, by: 10) {
            try await stage.publish((publisher * each + start)...(publisher * each + start + 9))
          }
        }
      }
      try await group.waitForAll()
    }
    let link = try await stage.join()
    let numbers = try ConformanceStage.numbers(try await link.take(wait: .seconds(2)))
    try expect("all messages", Set(numbers), is: Set(0..<publishers * each))
    try expect("each once", numbers.count, is: publishers * each)
    // What one publisher sent stays in its order.
    for publisher in 0..<publishers {
      let own = numbers.filter { $0 / each == publisher }
      try expect("the order of one publisher", own, is: own.sorted())
    }
  }

  @Sendable private static func transientStreamsAreBounded(_ stage: ConformanceStage) async throws {
    let stream = stage.topic.streamKey(0)
    for _ in 0..<10 {
      let list = (0..<200).map {
        Publication(stream: stream, envelope: ConformanceStage.envelope("\($0)"), lengthMax: 100)
      }
      let report = try await stage.broker.publish(list)
      try expect("lengths of lasting streams", report.lengths, is: [:])
      try expect("outcomes", report.outcomes.count, is: 200)
    }
    // A broker may drop in steps.
    let length = try await stage.broker.length(of: stream)
    try expect((100...400).contains(length), "about 100 of 2000 are left", seen: "\(length)")
  }

  @Sendable private static func partitionsAreSeparate(_ stage: ConformanceStage) async throws {
    let topic = stage.topic(".parts", partitions: 4, groups: [.essential("g")])
    let keys = (0..<40).map { "key\($0)" }
    _ = try await stage.broker.publish(keys.map { Publication(ConformanceStage.envelope($0, key: $0), topic: topic) })
    for partition in 0..<4 {
      let link = try await stage.join(topic: topic, partition: partition)
      let seen = try await link.take().map { try ConformanceStage.text($0) }
      try expect("keys of partition \(partition)", seen, is: keys.filter { topic.partition(of: $0) == partition })
    }
  }

  @Sendable private static func publishingNothing(_ stage: ConformanceStage) async throws {
    try expect("outcomes", try await stage.broker.publish([]).outcomes.count, is: 0)
  }

  @Sendable private static func removesStreams(_ stage: ConformanceStage) async throws {
    let (stream, other) = (stage.topic.streamKey(0), stage.topic(".other", groups: []))
    try await stage.publish(1...3)
    try await stage.publish(1...1, to: other)
    try await stage.broker.remove(stream: stream)
    try await stage.broker.remove(stream: stream)
    try expect("its length", try await stage.broker.length(of: stream), is: 0)
    try expect("the length of another", try await stage.broker.length(of: other.streamKey(0)), is: 1)
    try await stage.publish(4...4)
    try expect("what is read", try ConformanceStage.numbers(try await stage.join().take()), is: [4])
  }
}
