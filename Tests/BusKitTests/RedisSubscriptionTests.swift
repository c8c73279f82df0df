import Foundation
import Redis
import TestKit
import Testing

@testable import BusKit

/// What only Redis can do to a subscription; everything else is in the conformance suite.
struct RedisSubscriptionTests {
  /// A stream of its own, its group, and a connection for whatever a stranger may do to them.
  private struct Place {
    let commands: RedisConnection
    let broker: RedisBroker
    let topic = Topic("test.\(UUID().uuidString)", groups: [.essential("g")])
    let link: any BrokerSubscription

    static func run(_ body: (Place) async throws -> Void) async throws {
      let configuration = try await RedisServer.shared().configuration
      let broker = RedisBroker(configuration)
      let world = Place(broker, RedisConnection(configuration: configuration))
      do {
        try await world.link.ensure()
        try await body(world)
      } catch {
        await world.close()
        throw error
      }
      await world.close()
    }

    private init(_ broker: RedisBroker, _ commands: RedisConnection) {
      self.broker = broker
      self.commands = commands
      link = broker.subscribe(
        SubscriptionOptions(topic: topic, partition: 0, group: "g", consumer: "me", lease: .seconds(60)))
    }

    private func close() async {
      await link.close()
      await broker.close()
      await commands.close()
    }

    func add(_ fields: RedisWord..., to key: String? = nil) async throws {
      _ = try await commands.send(RedisCommand(["XADD", .init(key ?? topic.streamKey(0)), "*"] + fields))
    }

    func publish() async throws -> Envelope {
      let envelope = try World.envelope(Add(account: "a"))
      _ = try await broker.publish([Publication(envelope, topic: topic)])
      return envelope
    }

    func read() async throws -> [Delivery] {
      try await link.read(limit: 100, wait: .milliseconds(10), acknowledging: false)
    }
  }

  @Test func aTimeToLiveIsReadAsItWasWritten() async throws {
    try await Place.run { world in
      let lifetimes: [Duration?] = [nil, .milliseconds(1), .seconds(30), .seconds(3_155_760_000), .zero, .seconds(-1)]
      let envelopes = try lifetimes.map { lifetime in
        var envelope = try World.envelope(Add(account: "a"))
        envelope.timeToLive = lifetime
        return envelope
      }
      _ = try await world.broker.publish(envelopes.map { Publication($0, topic: world.topic) })
      let read = try await world.read().map { try $0.envelope() }
      #expect(read.map(\.timeToLive) == lifetimes)
      #expect(read.map(\.id) == envelopes.map(\.id))
    }
  }

  @Test func aForeignEntryIsReadAsUnreadableAndHidesNothing() async throws {
    try await Place.run { world in
      try await world.add("hello", "world")
      try await world.add(.init([0xff, 0xfe]), .init([0xc0]))
      try await world.add("id", "no uuid", "type", "t", "ver", "1", "key", "", "ts", "0", "body", "")
      let envelope = try await world.publish()
      let read = try await world.read()
      #expect(read.count == 4)
      for delivery in read.prefix(3) {
        #expect(!delivery.isLost)
        #expect(throws: DecodingFailure.self) { try delivery.envelope() }
        #expect(try await world.link.bury(delivery, reason: "undecodable", detail: "foreign"))
      }
      #expect(try read[3].envelope().id == envelope.id)
      let letters = try await world.broker.deadLetters(world.topic, partition: 0, after: nil, limit: 10)
      #expect(letters.map(\.reason) == ["undecodable", "undecodable", "undecodable"])
      for letter in letters { #expect(throws: DecodingFailure.self) { try letter.envelope() } }
    }
  }

  @Test func aForeignEntryWithMoreFieldsThanAnyMessageIsBuriedWithItsFirst() async throws {
    try await Place.run { world in
      let fields = (0..<500).flatMap { [RedisWord("name\($0)"), RedisWord("value")] }
      _ = try await world.commands.send(RedisCommand(["XADD", .init(world.topic.streamKey(0)), "*"] + fields))
      let entry = try #require(try await world.read().first)
      #expect(try await world.link.bury(entry, reason: "undecodable", detail: ""))
      #expect(try await world.link.pending(idle: .zero, of: nil, limit: 10).isEmpty)
    }
  }

  @Test func afterLargeMessagesAReadBringsFewer() async throws {
    try await Place.run { world in
      var envelope = try World.envelope(Add(account: "a"))
      envelope.body = Array(repeating: UInt8(ascii: "x"), count: 250 * 1024)
      func publish(_ count: Int) async throws {
        let publications = (0..<count).map { _ in Publication(envelope, topic: world.topic) }
        _ = try await world.broker.publish(publications)
      }
      try await publish(1)
      #expect(try await world.read().count == 1)
      try await publish(50)
      let first = try await world.read().count
      #expect((30...34).contains(first))
      #expect(try await world.read().count == 50 - first)
    }
  }

  @Test func aReadNeverBlocksForLongerThanAReplyMayTake() async throws {
    try await Place.run { world in
      var configuration = try await RedisServer.shared().configuration
      configuration.replyTimeout = .milliseconds(400)
      let broker = RedisBroker(configuration)
      let link = broker.subscribe(world.link.options)
      #expect(try await link.read(limit: 1, wait: .seconds(2), acknowledging: false).isEmpty)
      #expect(link.generation == 1)
      await link.close()
      await broker.close()
    }
  }

  @Test func anEntryDeletedByHandIsReportedLostOnce() async throws {
    try await Place.run { world in
      _ = try await world.publish()
      let id = try #require(try await world.read().first).id
      _ = try await world.commands.send(RedisCommand("XDEL", .init(world.topic.streamKey(0)), .init(id)))
      guard case .lost = try await world.link.claim(id, idle: .zero) else {
        Issue.record("not reported")
        return
      }
      guard case .gone = try await world.link.claim(id, idle: .zero) else {
        Issue.record("reported twice")
        return
      }
    }
  }

  @Test func foreignEntriesAmongTheDeadLettersAreShownEmpty() async throws {
    try await Place.run { world in
      try await world.add("hello", "world", to: world.topic.deadKey(0))
      let letter = try #require(
        try await world.broker.deadLetters(world.topic, partition: 0, after: nil, limit: 10).first)
      #expect(letter.reason.isEmpty && letter.group.isEmpty && letter.deliveries == 0)
      #expect(throws: DecodingFailure.self) { try letter.envelope() }
      // Put back there is nothing to put; it is gone from here.
      #expect(try await world.broker.replayDead(world.topic, partition: 0, ids: [letter.id]) == 1)
      #expect(try await world.broker.length(of: world.topic.streamKey(0)) == 0)
    }
  }

  @Test func aDeadLetterThatDoesNotSayItsTimeIsAsOldAsItsPlace() async throws {
    try await Place.run { world in
      try await world.add("hello", "world")
      try await world.add("ts", "soon", "ts", "1")
      for entry in try await world.read() {
        #expect(try await world.link.bury(entry, reason: "undecodable", detail: ""))
      }
      let letters = try await world.broker.deadLetters(world.topic, partition: 0, after: nil, limit: 10)
      let first = try #require(letters.map(\.firstMilliseconds).min())
      let last = try #require(letters.map(\.firstMilliseconds).max())
      func replay(since oldest: Int64) async throws -> Int {
        try await world.broker.replayDead(world.topic, partition: 0, ids: letters.map(\.id), since: oldest)
      }
      #expect(try await replay(since: last + 1) == 0)
      #expect(try await replay(since: first) == 2)
    }
  }

  @Test func forgottenScriptsAreSentAgain() async throws {
    try await Place.run { world in
      _ = try await world.publish()
      let entry = try #require(try await world.read().first)
      #expect(try await world.link.extend([entry.id]) == [entry.id])
      _ = try await world.commands.send(RedisCommand("SCRIPT", "FLUSH"))
      #expect(try await world.link.extend([entry.id]) == [entry.id])
      #expect(try await world.link.bury(entry, reason: "r", detail: "d"))
    }
  }

  @Test func aStreamKeyOfAnotherKindIsAnErrorThatIsNoOutage() async throws {
    try await Place.run { world in
      let topic = Topic("test.\(UUID().uuidString)", groups: [.essential("g")])
      _ = try await world.commands.send(RedisCommand("SET", .init(topic.streamKey(0)), "text"))
      let report = try await world.broker.publish([
        Publication(try World.envelope(Add(account: "a")), topic: topic),
        Publication(try World.envelope(Add(account: "b")), topic: world.topic),
      ])
      guard case .refused(let reason) = report.outcomes[0], case .stored = report.outcomes[1] else {
        Issue.record("one is refused, the other stored: \(report.outcomes)")
        return
      }
      #expect(reason.contains("WRONGTYPE"))
    }
  }
}
