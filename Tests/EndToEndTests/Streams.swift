import BusKit
import Redis
import TestKit

/// The bus' streams as Redis has them.
struct Streams: Sendable {
  let redis: RedisConnection

  /// Adds copies in one round trip; returns the last one's stream id.
  func add(_ entries: [StreamMessage], to topic: Topic) async throws -> String {
    let commands = entries.map { entry in
      RedisCommand(
        [RedisWord("XADD"), .init(topic.streamKey(0)), "*"]
          + entry.fields.flatMap { [RedisWord($0.name), RedisWord($0.value)] })
    }
    guard let last = try await redis.pipeline(commands).last?.string else { throw TestKitError("nothing was added") }
    return last
  }

  /// Whether the group has read up to that entry and acknowledged all it has read.
  func isDone(_ id: String, _ topic: Topic, group: String) async throws -> Bool {
    let reply = try await redis.send(RedisCommand("XINFO", "GROUPS", .init(topic.streamKey(0))))
    for row in reply.array ?? [] {
      let words = row.array ?? []
      func value(_ name: String) -> RedisValue? {
        words.firstIndex { $0.string == name }.map { words[$0 + 1] }
      }
      guard value("name")?.string == group, let delivered = value("last-delivered-id")?.string else { continue }
      return value("pending")?.int == 0 && Self.order(delivered) >= Self.order(id)
    }
    return false
  }

  /// How many messages were given up.
  func dead(_ topic: Topic) async throws -> Int64 {
    try await redis.send(RedisCommand("XLEN", .init(topic.deadKey(0)))).int ?? 0
  }

  private static func order(_ id: String) -> (UInt64, UInt64) {
    let parts = id.split(separator: "-").map { UInt64($0) ?? 0 }
    return (parts.first ?? 0, parts.last ?? 0)
  }
}

extension Stack {
  var streams: Streams { Streams(redis: commands) }
}
