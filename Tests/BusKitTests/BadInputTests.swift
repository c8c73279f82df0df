import Foundation
import Redis
import TestKit
import Testing

@testable import BusKit

/// What strangers and newer releases write into a stream: each entry ends as a dead letter with its reason, and those
/// beside it are handled.
struct BadInputTests {
  private struct Bad {
    let name: String
    let reason: String
    let fields: [RedisWord]
  }

  /// The fields of a good message, one of them replaced, or left out when `value` is nil.
  private static func good(_ name: String, _ value: RedisWord?, text: String = "a") throws -> [RedisWord] {
    let fields = try World.envelope(Add(account: text)).wireFields
    var changed: [RedisWord] = []
    for index in stride(from: 0, to: fields.count, by: 2) {
      let isIt = fields[index].bytes == Array(name.utf8)
      if isIt, value == nil { continue }
      changed += [fields[index], isIt ? value ?? fields[index + 1] : fields[index + 1]]
    }
    return changed
  }

  private static func table() throws -> [Bad] {
    let wrong: RedisWord = .init([0x61, 0xff, 0xfe])
    let deep = String(repeating: "[", count: 100_000)
    let large = #"{"account":"a","then":"\#(String(repeating: "x", count: Envelope.bodyBytesMax))"}"#
    let bad: [(String, String, RedisWord?)] = [
      ("no id", "id", nil), ("an id that is none", "id", "17"), ("no type", "type", nil),
      ("a type that is not UTF-8", "type", wrong), ("no version", "ver", nil), ("version 0", "ver", "0"),
      ("a version that is no number", "ver", "two"), ("a version beyond all", "ver", "99999999999"),
      ("a key that is not UTF-8", "key", wrong), ("a key without end", "key", .init(
        String(repeating: "k", count: 70_000))),
      ("a time before time", "ts", "-1"), ("a time beyond all", "ts", "999999999999999"),
      ("a lifetime that is none", "ttl", "soon"), ("no body", "body", nil), ("an empty body", "body", ""),
      ("a body that is not UTF-8", "body", wrong), ("a body that is no JSON", "body", "{"),
      ("a body of another type", "body", #"{"account":7}"#), ("a body nested without end", "body", .init(deep)),
      ("a body over the limit", "body", .init(large)),
    ]
    return try bad.map { Bad(name: $0.0, reason: "undecodable", fields: try good($0.1, $0.2)) } + [
      Bad(name: "no field of ours", reason: "undecodable", fields: ["hello", "world"]),
      Bad(name: "empty names", reason: "undecodable", fields: ["", "", "", ""]),
      Bad(
        name: "more fields than any message", reason: "undecodable",
        fields: (0..<500).flatMap { [RedisWord("f\($0)"), RedisWord("v")] }),
      // Readable, and Postgres cannot store it: the handler's own row fails.
      Bad(
        name: "text that no column takes", reason: "permanent",
        fields: try good("ct", "application/json", text: "a\u{0}b")),
      Bad(name: "a type that nobody knows", reason: "unknown_type", fields: try good("type", "test.Strange")),
      Bad(name: "a version that nobody knows", reason: "unknown_type", fields: try good("ver", "99")),
    ]
  }

  @Test func eachBadEntryIsADeadLetterAndItsNeighboursAreHandled() async throws {
    try await World.run { world in
      var timing = World.timing
      timing.unknownGrace = .milliseconds(800)
      let table = try Self.table()
      let stream = RedisWord(Add.topic.streamKey(0))
      var ids: [String: Bad] = [:]
      // All are there before the reader comes, so that they share batches with good ones.
      for bad in table {
        try await world.send(Add(account: "good"))
        let id = try await world.redis.send(RedisCommand(["XADD", stream, "*"] + bad.fields)).string
        ids[try #require(id)] = bad
      }
      let counter = try await world.start(World.counter(), timing: timing)
      try await eventually(within: .seconds(20)) { try await counter.account("good")?.handled == table.count }
      try await eventually(within: .seconds(20)) { try await world.pending(Add.topic, "counter") == 0 }
      #expect(try await world.dead(Add.topic).count == table.count)
      let reasons = try await world.deadReasons(Add.topic)
      for (id, bad) in ids { #expect(reasons[id] == bad.reason, "\(bad.name)") }
      #expect(try await counter.account("a") == nil)
      // And it goes on.
      try await world.send(Add(account: "last"))
      try await eventually { try await counter.account("last")?.handled == 1 }
    }
  }

  @Test func aHandlerThatAlwaysThrowsBuriesItsOwnMessagesOnly() async throws {
    try await World.run { world in
      struct Always: Error {}
      try await world.send((0..<60).map { Add(account: $0 % 10 == 3 ? "bad" : "good") })
      let counter = try await world.start(World.counter { if $0.account == "bad" { throw Always() } })
      try await eventually(within: .seconds(20)) { try await world.dead(Add.topic).count == 6 }
      #expect(try await world.dead(Add.topic).allSatisfy { $0.reason == "attempts" && $0.detail.contains("Always") })
      try await eventually { try await counter.account("good")?.handled == 54 }
      #expect(try await world.pending(Add.topic, "counter") == 0)
      #expect(try await counter.account("bad") == nil)
    }
  }
}

extension World {
  func broker() -> RedisBroker { RedisBroker(server.configuration) }

  /// The reason of each dead letter by the id of the entry that it was.
  func deadReasons(_ topic: Topic) async throws -> [String: String] {
    let reply = try await redis.send(RedisCommand("XRANGE", .init(topic.deadKey(0)), "-", "+"))
    var reasons: [String: String] = [:]
    for entry in reply.array ?? [] {
      let fields = (entry.array?.last?.array ?? []).map { $0.string ?? "" }
      guard let reason = fields.firstIndex(of: "reason"), let id = fields.firstIndex(of: "stream-id") else { continue }
      reasons[fields[id + 1]] = fields[reason + 1]
    }
    return reasons
  }
}
