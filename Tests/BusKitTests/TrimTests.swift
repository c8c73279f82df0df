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
}
