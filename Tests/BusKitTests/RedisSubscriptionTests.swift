import Foundation
import Redis
import TestKit
import Testing

@testable import BusKit

/// A subscription over one connection, and that connection.
private struct Seen {
  let commands: RedisConnection
  let subscription: RedisSubscription
  let topic: Topic
  let group: String

  init(_ connection: RedisConnection, _ topic: Topic, _ group: String, _ consumer: String) {
    commands = connection
    self.topic = topic
    self.group = group
    subscription = RedisSubscription(
      SubscriptionOptions(topic: topic, partition: 0, group: group, consumer: consumer, lease: .seconds(60)),
      reader: connection, commands: connection)
  }

  var stream: String { topic.streamKey(0) }

  func read(_ limit: Int) async throws -> [Delivery] {
    try await subscription.read(limit: limit, wait: .milliseconds(1), acknowledging: false)
  }
}

struct RedisSubscriptionTests {
  /// A stream of its own with 1,000 entries, seen by a group.
  private func withGroup(
    _ groups: [ConsumerGroup], lengthMax: Int = 1_000_000, _ body: (Seen) async throws -> Void
  ) async throws {
    let connection = RedisConnection(configuration: try await RedisServer.shared().configuration)
    let topic = Topic("test.\(UUID().uuidString)", groups: groups, lengthMax: lengthMax)
    let link = Seen(connection, topic, groups[0].name, "me")
    do {
      try await link.subscription.ensure()
      for reply in try await connection.pipeline(
        (1...1000).map { RedisCommand("XADD", .init(link.stream), .init("\($0)-0"), "n", .init($0)) }) { _ = try reply.get() }
      try await body(link)
    } catch {
      await connection.close()
      throw error
    }
    await connection.close()
  }

  private func length(_ link: Seen) async throws -> Int64? {
    try await link.commands.send(RedisCommand("XLEN", .init(link.stream))).int
  }

  @Test func whatAGroupHasNotAcknowledgedIsNotTrimmed() async throws {
    try await withGroup([.essential("g")], lengthMax: 10) { link in
      // Nothing is read: over its cap as it is, everything stays.
      #expect(try await link.subscription.trim(deadAge: .seconds(60)) == 0)
      let entries = try await link.read(1000)
      try await link.subscription.acknowledge(entries.dropFirst(500).map(\.id))
      #expect(try await link.subscription.trim(deadAge: .seconds(60)) == 0)
      try await link.subscription.acknowledge(entries.prefix(499).map(\.id))
      #expect(try await link.subscription.trim(deadAge: .seconds(60)) > 300)
      #expect(try await link.subscription.pending(idle: .zero, of: nil, limit: 10).map(\.id) == ["500-0"])
      guard case .mine(let entry) = try await link.subscription.claim("500-0", idle: .zero) else {
        Issue.record("the one that is pending is gone")
        return
      }
      #expect(entry.deliveries == 2)
      // Foreign, and so unreadable; but there.
      #expect(!entry.isLost)
      #expect(throws: DecodingFailure.self) { try entry.envelope() }
    }
  }

  @Test func anObserverHoldsTheStreamUntilItsCapAndNoLonger() async throws {
    for (lengthMax, isTrimmed) in [(1_000_000, false), (10, true)] {
      try await withGroup([.essential("g"), .observer("o")], lengthMax: lengthMax) { link in
        try await link.subscription.acknowledge(try await link.read(1000).map(\.id))
        let count = try await link.subscription.trim(deadAge: .seconds(60))
        #expect((count > 0) == isTrimmed)
      }
    }
  }

  @Test func aStreamThatOnlyObserversReadIsTrimmedToItsCap() async throws {
    try await withGroup([.observer("o")], lengthMax: 300) { link in
      #expect(try await link.subscription.trim(deadAge: .seconds(60)) > 0)
      let left = try await length(link) ?? 0
      #expect((300...450).contains(left))
    }
  }

  @Test func aDeliveryTrimmedWhilePendingIsReportedLostOnce() async throws {
    try await withGroup([.observer("o")]) { link in
      _ = try await link.read(1)
      _ = try await link.commands.send(RedisCommand("XDEL", .init(link.stream), "1-0"))
      guard case .lost = try await link.subscription.claim("1-0", idle: .zero) else {
        Issue.record("not reported")
        return
      }
      guard case .gone = try await link.subscription.claim("1-0", idle: .zero) else {
        Issue.record("reported twice")
        return
      }
    }
  }

  @Test func onlyTheOwnerRenewsReleasesAndBuries() async throws {
    try await withGroup([.essential("g")]) { link in
      let entry = try #require(try await link.read(1).first)
      let other = Seen(link.commands, link.topic, link.group, "other").subscription
      guard case .mine = try await other.claim(entry.id, idle: .zero) else {
        Issue.record("not claimed")
        return
      }
      #expect(try await link.subscription.extend([entry.id]).isEmpty)
      #expect(try await !link.subscription.bury(entry, reason: "r", detail: "d"))
      try await link.subscription.release([entry.id], after: .zero, isAttempt: true)
      #expect(try await link.subscription.pending(idle: .seconds(30), of: nil, limit: 10).isEmpty)
      #expect(try await other.extend([entry.id]) == [entry.id])
      try await other.release([entry.id], after: .zero, isAttempt: true)
      #expect(try await link.subscription.pending(idle: .seconds(30), of: nil, limit: 10).map(\.owner) == ["other"])
      // A consumer that holds something stays.
      try await other.remove(consumer: "other")
      #expect(try await other.bury(entry, reason: "r", detail: "d"))
      #expect(try await link.subscription.pending(idle: .zero, of: nil, limit: 10).isEmpty)
    }
  }

  @Test func deadLettersAreForgottenAtTheirAge() async throws {
    try await withGroup([.essential("g")]) { link in
      let dead = RedisWord(link.topic.deadKey(0))
      _ = try await link.commands.pipeline((1...1000).map { RedisCommand("XADD", dead, .init("\($0)-0"), "reason", "old") })
      _ = try await link.commands.send(RedisCommand("XADD", dead, "*", "reason", "recent"))
      _ = try await link.subscription.trim(deadAge: .seconds(3600))
      let left = try await link.commands.send(RedisCommand("XRANGE", dead, "-", "+")).array ?? []
      #expect(left.count < 200)
      #expect(left.last?.array?.last?.array?.last?.string == "recent")
    }
  }
}
