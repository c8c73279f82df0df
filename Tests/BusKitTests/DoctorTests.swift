import Redis
import TestKit
import Testing

@testable import BusKit

/// The judgement alone, on facts made by hand.
struct DoctorTests {
  private static var healthy: RedisFacts {
    var redis = RedisFacts()
    redis.version = "7.0.15"
    redis.isAppendOnly = true
    redis.isAppendingFine = true
    redis.appendFsync = "everysec"
    redis.evictionPolicy = "noeviction"
    redis.usedBytes = 10 << 20
    redis.maxBytes = 100 << 20
    redis.machineBytes = 1 << 30
    redis.nodeBytesMax = 32_768
    redis.nodeEntriesMax = 100
    redis.epoch = "e"
    return redis
  }

  private func level(_ check: String, _ change: (inout RedisFacts) -> Void) -> Finding.Level? {
    var redis = Self.healthy
    change(&redis)
    return Doctor.redis(redis).first { $0.check == check }?.level
  }

  @Test func aRedisAsItShouldBeIsWell() {
    let findings = Doctor.redis(Self.healthy)
    #expect(findings.count == 7)
    #expect(findings.allSatisfy { $0.level == .ok && $0.remedy.isEmpty })
  }

  @Test func eachWrongSettingIsFoundAndNothingElse() {
    let cases: [(String, Finding.Level, (inout RedisFacts) -> Void)] = [
      ("version", .critical, { $0.version = "6.2.14" }), ("version", .critical, { $0.version = "" }),
      ("append_only", .critical, { $0.isAppendOnly = false }),
      ("append_only", .critical, { $0.isAppendingFine = false }),
      ("append_fsync", .critical, { $0.appendFsync = "no" }), ("append_fsync", .note, { $0.appendFsync = nil }),
      ("eviction", .critical, { $0.evictionPolicy = "allkeys-lru" }),
      ("memory", .critical, { $0.usedBytes = 81 << 20 }), ("memory", .note, { $0.maxBytes = 0 }),
      ("memory", .critical, { $0.maxBytes = 0; $0.usedBytes = 900 << 20 }),
      ("stream_nodes", .note, { $0.nodeBytesMax = 4_096 }), ("stream_nodes", .note, { $0.nodeEntriesMax = 0 }),
      ("epoch", .warning, { $0.epoch = nil }),
    ]
    for (check, expected, change) in cases {
      #expect(level(check, change) == expected, "\(check)")
      var redis = Self.healthy
      change(&redis)
      let bad = Doctor.redis(redis).filter { $0.level > .ok }
      #expect(bad.map(\.check) == [check])
      #expect(bad.allSatisfy { !$0.remedy.isEmpty && !$0.remedy.contains("\n") })
    }
  }

  @Test(arguments: [(Int64(0), Finding.Level.ok), (1_000, .ok), (-1_000, .ok), (1_001, .warning), (-5_000, .warning)])
  func clocksMayDifferByASecond(distance: Int64, level: Finding.Level) {
    #expect(Doctor.clock("Redis", distance).level == level)
  }

  // MARK: - Topics

  private static let topic = Topic("t", groups: [.essential("e"), .observer("o")], lengthMax: 100)

  private static func group(_ name: String, lag: Int? = 0, pending: Int = 0, idle: Int64 = 0) -> GroupState {
    GroupState(
      name: name, lag: lag, pending: pending, oldestPendingMilliseconds: nil,
      consumers: [ConsumerState(name: "\(name)@1", pending: pending, idleMilliseconds: idle)])
  }

  private func findings(length: Int = 0, dead: Int = 0, _ groups: [GroupState], alive: Set<String>) -> [Finding] {
    let state = PartitionState(
      partition: 0, length: length, bytes: nil, oldestMilliseconds: nil, dead: dead, groups: groups)
    return Doctor.topic(.init(topic: Self.topic, partitions: [state], alive: alive)).filter { $0.level > .ok }
  }

  private static let both = [group("e"), group("o")]
  private static let all: Set<String> = ["e@1", "o@1"]

  @Test func aTopicThatIsReadIsWell() { #expect(findings(Self.both, alive: Self.all).isEmpty) }

  @Test func aStreamNearItsCapIsFoundBeforeItIsFull() {
    #expect(findings(length: 80, Self.both, alive: Self.all).isEmpty)
    #expect(findings(length: 81, Self.both, alive: Self.all).map(\.level) == [.warning])
    #expect(findings(length: 100, Self.both, alive: Self.all).map(\.level) == [.critical])
  }

  @Test func deadLettersAreFound() {
    #expect(findings(dead: 3, Self.both, alive: Self.all).map(\.check) == ["dead_letters"])
  }

  @Test func aGroupThatNobodyReadsWithIsFound() {
    let waiting = findings([Self.group("e", lag: 7), Self.group("o")], alive: ["o@1"])
    #expect(waiting.map(\.level) == [.critical])
    #expect(waiting.first?.detail.contains("7 waiting") == true)
    #expect(findings(Self.both, alive: ["o@1"]).map(\.level) == [.warning])
    // An observer's messages are trimmed at the cap: a warning only.
    #expect(findings([Self.group("e"), Self.group("o", lag: 7)], alive: ["e@1"]).map(\.level) == [.warning])
    // One that has never read holds everything back.
    let missing = findings(length: 9, [Self.group("o")], alive: ["o@1"])
    #expect(missing.first?.detail.contains("9 waiting; the group does not exist yet") == true)
  }

  @Test func aReaderOfAnIdleTopicIsSeenByItsServiceAnswering() {
    let idle = GroupState(name: "e", lag: 0, pending: 0, oldestPendingMilliseconds: nil, consumers: [])
    let state = PartitionState(
      partition: 0, length: 0, bytes: nil, oldestMilliseconds: nil, dead: 0, groups: [idle, Self.group("o")])
    let facts = BusFacts.TopicFacts(topic: Self.topic, partitions: [state], alive: ["o@1"])
    #expect(Doctor.topic(facts, answering: ["e"]).allSatisfy { $0.level == .ok })
    #expect(Doctor.topic(facts).filter { $0.level > .ok }.map(\.subject) == ["t e"])
  }

  @Test func aDeadConsumerWithMessagesInHandIsFoundOnceItShouldHaveBeenRelieved() {
    let two = { (idle: Int64) in
      GroupState(
        name: "e", lag: 0, pending: 2, oldestPendingMilliseconds: nil,
        consumers: [
          ConsumerState(name: "e@1", pending: 0, idleMilliseconds: 0),
          ConsumerState(name: "e@2", pending: 2, idleMilliseconds: idle),
        ])
    }
    #expect(findings([two(1_000), Self.group("o")], alive: Self.all).isEmpty)
    #expect(findings([two(61_000), Self.group("o")], alive: Self.all).map(\.check) == ["consumers"])
  }

  @Test func anUndeclaredGroupIsFoundWithTheCommandThatRemovesIt() {
    let found = findings(Self.both + [Self.group("old")], alive: Self.all)
    #expect(found.map(\.subject) == ["t old"])
    #expect(found.first?.remedy.hasSuffix("XGROUP DESTROY bus:{t.0}:stream old") == true)
  }

  // MARK: - Services

  private func findings(
    outbox: Double = 0, parked: Int = 0, effects: [StoreFigures.EffectBacklog] = [], clock: Int64 = 0
  ) -> [Finding] {
    let figures = StoreFigures(
      postgresMilliseconds: 0, outbox: .init(count: 1, oldestSeconds: outbox), delayed: 0,
      parked: .init(count: parked, oldestSeconds: 1), effects: effects, inboxRows: 0)
    return Doctor.service(
      .init(name: "s", status: BusStatus(service: "s", process: "p", figures: figures), clockDistance: clock)
    ).filter { $0.level > .ok }
  }

  @Test func servicesAreJudgedByWhatWaitsInThem() {
    #expect(findings().isEmpty)
    #expect(findings(outbox: 61).map(\.check) == ["outbox"])
    #expect(findings(parked: 1).map(\.level) == [.note])
    #expect(findings(clock: 2_000).map(\.check) == ["clock"])
    let backlog = { (state: String, late: Double) in
      [StoreFigures.EffectBacklog(kind: "k", state: state, count: 1, oldestSeconds: 1, lateSeconds: late)]
    }
    #expect(findings(effects: backlog("dead", 0)).map(\.check) == ["effects"])
    #expect(findings(effects: backlog("pending", 301)).map(\.check) == ["effects"])
    #expect(findings(effects: backlog("pending", 10)).isEmpty)
    #expect(Doctor.service(.init(name: "s", status: nil, clockDistance: nil)).map(\.level) == [.warning])
  }

  @Test func withoutABrokerThereIsOneFinding() {
    var facts = BusFacts()
    facts.brokerFailure = "connection refused"
    #expect(Doctor.examine(facts).map(\.level) == [.critical])
  }

  // MARK: - A real Redis

  @Test func aRedisTellsItsSettingsToWhoMayAsk() async throws {
    let server = try await RedisServer.start(arguments: [
      "--appendfsync", "no", "--maxmemory", "64mb", "--stream-node-max-bytes", "32768",
    ])
    let broker = RedisBroker(server.configuration)
    let facts = try await broker.facts()
    #expect(facts.isAppendOnly == true && facts.isAppendingFine == true && facts.appendFsync == "no")
    #expect(facts.evictionPolicy == "noeviction" && facts.maxBytes == 64 << 20 && facts.nodeBytesMax == 32_768)
    #expect(facts.epoch == nil && facts.milliseconds > 1_700_000_000_000)
    #expect(Doctor.redis(facts).filter { $0.level == .critical }.map(\.check) == ["append_fsync"])

    let admin = RedisConnection(configuration: server.configuration)
    _ = try await admin.send(
      RedisCommand("ACL", "SETUSER", "watcher", "on", "nopass", "~bus:*", "+@all", "-@dangerous", "-@admin", "+info"))
    var configuration = server.configuration
    configuration.user = "watcher"
    configuration.password = "any"
    let watcher = RedisBroker(configuration)
    let less = try await watcher.facts()
    #expect(less.isAppendOnly == true && less.appendFsync == nil && less.nodeBytesMax == nil)
    _ = try await admin.send(RedisCommand("XADD", "bus:{a.0}:stream", "*", "f", "v"))
    _ = try await admin.send(RedisCommand("XADD", "bus:{b.0}:stream", "*", "f", "v"))
    _ = try await admin.send(RedisCommand("EXPIRE", "bus:{b.0}:stream", "60"))
    #expect(
      try await watcher.streams() == [
        RedisStream(key: "bus:{a.0}:stream", isTransient: false),
        RedisStream(key: "bus:{b.0}:stream", isTransient: true),
      ])
    for connection in [broker, watcher] { await connection.close() }
    await admin.close()
    try await server.stop()
  }
}
