import BusKit
import Redis
import TestKit

/// The bus' streams as Redis has them.
struct Streams: Sendable {
  /// A message as it stands in its stream.
  struct Entry: Sendable {
    var fields: [(name: String, value: [UInt8])]

    subscript(name: String) -> String {
      String(decoding: fields.first { $0.name == name }?.value ?? [], as: UTF8.self)
    }

    /// The same message under another id, as if its sender had decided twice.
    func renamed(_ id: String) -> Entry {
      Entry(fields: fields.map { $0.name == "id" ? ("id", Array(id.utf8)) : $0 })
    }
  }

  let redis: RedisConnection

  func entry(of type: String, about order: String, on topic: Topic) async throws -> Entry? {
    let reply = try await redis.send(RedisCommand("XRANGE", .init(topic.streamKey(0)), "-", "+"))
    for item in reply.array ?? [] {
      let words = item.array?.last?.array ?? []
      var entry = Entry(fields: [])
      for index in stride(from: 0, to: words.count - 1, by: 2) {
        entry.fields.append((words[index].string ?? "", words[index + 1].bytes ?? []))
      }
      if entry["type"] == type, entry["body"].contains(order) { return entry }
    }
    return nil
  }

  /// Adds copies in one round trip; returns the last one's stream id.
  func add(_ entries: [Entry], to topic: Topic) async throws -> String {
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
