import Foundation
import Redis
import TestKit
import Testing

@testable import BusKit

/// A stream gives back its memory as fast as it is handled.
struct TrimTests {
  @Test func whatHasBeenHandledIsRemovedWholeHoweverMuchCameBetweenTwoSweeps() async throws {
    let configuration = try await RedisServer.shared().configuration
    let broker = RedisBroker(configuration)
    let redis = RedisConnection(configuration: configuration)
    let topic = Topic("test.\(UUID().uuidString)", groups: [.essential("g")], lengthMax: 1_000_000)
    let link = broker.subscribe(
      SubscriptionOptions(topic: topic, partition: 0, group: "g", consumer: "me", lease: .seconds(60)))
    try await link.ensure()
    let count = 120_000
    let fill = "for i = 1, \(count) do redis.call('XADD', KEYS[1], '*', 'n', i) end"
    _ = try await redis.send(RedisCommand("EVAL", .init(fill), 1, .init(topic.streamKey(0))))
    // Nobody has read anything: all of it stays.
    #expect(try await link.trim(deadAge: .seconds(60)) == 0)
    _ = try await redis.send(RedisCommand("XGROUP", "SETID", .init(topic.streamKey(0)), "g", "$"))
    // Redis removes whole nodes of its tree, of a hundred entries or so.
    #expect(try await link.trim(deadAge: .seconds(60)) > count - 1_000)
    #expect(try await broker.length(of: topic.streamKey(0)) < 1_000)
    await link.close()
    await broker.close()
    await redis.close()
  }

  @Test func answersThatWereReadTakeUpNoMoreThanThoseThatMayWait() async throws {
    let broker = RedisBroker(try await RedisServer.shared().configuration)
    let topic = Topic.replies(process: "test-\(UUID().uuidString)")
    for _ in 0..<12 {
      _ = try await broker.publish(
        try (0..<1_000).map { _ in Publication(try World.envelope(Add(account: "a")), topic: topic) })
    }
    #expect(try await (10_000..<10_500).contains(broker.length(of: topic.streamKey(0))))
    await broker.close()
  }

  @Test func theLagThatARestartOfRedisLeavesIsMendedWhenEverythingIsRead() async throws {
    let server = try await RedisServer.start(arguments: ["--appendfsync", "always"])
    let broker = RedisBroker(server.configuration)
    let redis = RedisConnection(configuration: server.configuration)
    let topic = Topic("test.lag", groups: [.essential("g"), .essential("slow")])
    let links = topic.groups.map {
      broker.subscribe(
        SubscriptionOptions(topic: topic, partition: 0, group: $0.name, consumer: "me", lease: .seconds(60)))
    }
    let key = RedisWord(topic.streamKey(0))
    func add(_ count: Int) async throws {
      let fill = "for i = 1, \(count) do redis.call('XADD', KEYS[1], '*', 'n', i) end"
      _ = try await redis.send(RedisCommand("EVAL", .init(fill), 1, key))
    }
    func read(_ link: any BrokerSubscription, _ count: Int) async throws {
      let entries = try await link.read(limit: count, wait: .milliseconds(10), acknowledging: false)
      #expect(entries.count == count)
      try await link.acknowledge(entries.map(\.id))
    }
    func lags() async throws -> [String: Int?] {
      let groups = try await broker.state(of: topic).flatMap(\.groups)
      return Dictionary(uniqueKeysWithValues: groups.map { ($0.name, $0.lag) })
    }
    for link in links { try await link.ensure() }
    try await add(30)
    try await read(links[0], 30)
    try await read(links[1], 30)
    // What is read after a rewrite is not in the file as a count.
    _ = try await redis.send(RedisCommand("BGREWRITEAOF"))
    try await eventually {
      let info = try await redis.send(RedisCommand("INFO", "persistence")).string ?? ""
      return info.contains("aof_rewrite_in_progress:0") && info.contains("aof_rewrite_scheduled:0")
    }
    try await add(40)
    try await read(links[0], 40)
    try await read(links[1], 30)
    #expect(try await lags() == ["g": 0, "slow": 10])
    try await server.kill9()
    try await server.restart()
    try await eventually { try await lags() == ["g": 40, "slow": 40] }

    _ = try await links[0].trim(deadAge: .seconds(60))
    // Of a group that is behind it is not known how far.
    #expect(try await lags() == ["g": 0, "slow": 40])
    try await read(links[1], 10)
    _ = try await links[0].trim(deadAge: .seconds(60))
    #expect(try await lags() == ["g": 0, "slow": 0])
    try await add(3)
    try await read(links[0], 1)
    #expect(try await lags() == ["g": 2, "slow": 3])
    for link in links { await link.close() }
    await broker.close()
    await redis.close()
    try await server.stop()
  }
}
