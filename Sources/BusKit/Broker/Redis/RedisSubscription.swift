import Foundation
import Redis
import Synchronization

/// One partition of a topic as one consumer of a Redis consumer group sees it. It reads over a connection of its own,
/// because a blocked read holds its connection up; everything else goes over the broker's.
final class RedisSubscription: BrokerSubscription {
  let options: SubscriptionOptions
  let reader: RedisConnection
  private let commands: RedisConnection
  /// As many messages of the last read's size as one read may bring.
  private let room = Mutex(Int.max)
  /// A read that brings more than this is followed by smaller ones.
  private static let readBytes = 8 * 1024 * 1024

  init(_ options: SubscriptionOptions, reader: RedisConnection, commands: RedisConnection) {
    self.options = options
    self.reader = reader
    self.commands = commands
  }

  var generation: Int { reader.generation }
  private var stream: RedisWord { .init(options.stream) }
  private var group: RedisWord { .init(options.group) }
  private var consumer: RedisWord { .init(options.consumer) }

  /// The group begins at 0, never at `$`: what arrived before it existed is for it too.
  func ensure() async throws {
    do {
      _ = try await commands.send(RedisCommand("XGROUP", "CREATE", stream, group, "0", "MKSTREAM"))
    } catch let error as RedisServerError where error.prefix == "BUSYGROUP" {
      return  // It exists.
    }
  }

  func read(limit: Int, wait: Duration, acknowledging: Bool) async throws -> [Delivery] {
    try await read(limit: limit, wait: wait, acknowledging: acknowledging, done: [])
  }

  func read(limit: Int, wait: Duration, done: [String]) async throws -> [Delivery] {
    try await read(limit: limit, wait: wait, acknowledging: false, done: done)
  }

  private func read(
    limit: Int, wait: Duration, acknowledging: Bool, done: [String]
  ) async throws -> [Delivery] {
    let count = min(limit, room.withLock { $0 })
    let head: [RedisWord] = [
      "XREADGROUP", "GROUP", group, consumer, "COUNT", .init(count), "BLOCK", .init(reader.block(for: wait)),
    ]
    var pipeline = acknowledgement(of: done)
    try pipeline.append(RedisCommand(head + (acknowledging ? ["NOACK"] : []) + ["STREAMS", stream, ">"]))
    let (replies, deliveries) = try await noticingLoss {
      let replies = try await reader.send(pipeline)
      return (replies, try RedisEntries.read(replies, after: done.isEmpty ? 0 : 1))
    }
    if !deliveries.isEmpty {
      let usual = replies.byteCount / deliveries.count + 1
      room.withLock { $0 = max(1, Self.readBytes / usual) }
    }
    return deliveries
  }

  /// Whatever finds the group or its stream gone says so: a consumer that only its reads told would try in vain to take
  /// over from a group that nobody makes again.
  private func noticingLoss<T>(_ body: () async throws -> T) async throws -> T {
    do {
      return try await body()
    } catch let error as RedisServerError
      where ["NOGROUP", "UNBLOCKED"].contains(error.prefix) || error.message.hasPrefix("ERR no such key")
    {
      throw StreamLost(error.message)
    }
  }

  private func run(_ script: RedisScript, keys: [String], arguments: [RedisWord]) async throws -> RedisValue {
    try await noticingLoss { try await commands.run(script, keys: keys, arguments: arguments) }
  }

  func acknowledge(_ ids: [String]) async throws {
    guard !ids.isEmpty else { return }
    try await commands.send(acknowledgement(of: ids)).cursor.check()
  }

  /// Empty for nothing.
  private func acknowledgement(of ids: [String]) -> RedisPipeline {
    guard !ids.isEmpty else { return RedisPipeline() }
    var pipeline = RedisPipeline(byteCapacity: 100 + 32 * ids.count)
    pipeline.begin(words: 3 + ids.count)
    pipeline.append(RedisPhrase(["XACK", stream, group]))
    for id in ids { pipeline.append(id) }
    return pipeline
  }

  func extend(_ ids: [String]) async throws -> Set<String> {
    guard !ids.isEmpty else { return [] }
    let reply = try await run(
      Scripts.extendLease, keys: [options.stream], arguments: [group, consumer] + ids.map { RedisWord($0) })
    return Set((reply.array ?? []).compactMap(\.string))
  }

  func release(_ ids: [String], after delay: Duration, isAttempt: Bool) async throws {
    guard !ids.isEmpty else { return }
    let idle = max(0, min(options.lease, options.lease - delay).milliseconds)
    _ = try await run(
      Scripts.release, keys: [options.stream],
      arguments: [group, consumer, .init(idle), isAttempt ? 0 : 1] + ids.map { RedisWord($0) })
  }

  func bury(_ delivery: Delivery, reason: String, detail: String) async throws -> Bool {
    let reply = try await run(
      Scripts.bury, keys: [options.stream, options.topic.deadKey(options.partition)],
      arguments: [group, consumer, .init(delivery.id)]
        + RedisEntries.deadFields(
          reason: reason, detail: detail, group: options.group, streamID: delivery.id, deliveries: delivery.deliveries))
    return reply.int == 1
  }

  func pending(idle: Duration, of owner: String?, limit: Int) async throws -> [PendingDelivery] {
    var words: [RedisWord] = ["XPENDING", stream, group, "IDLE", .init(idle.milliseconds), "-", "+", .init(limit)]
    if let owner { words.append(.init(owner)) }
    let reply = try await noticingLoss { try await commands.send(RedisCommand(words)) }
    return (reply.array ?? []).compactMap { row in
      guard let parts = row.array, parts.count == 4, let id = parts[0].string, let owner = parts[1].string else {
        return nil
      }
      return PendingDelivery(id: id, owner: owner, deliveries: Int(parts[3].int ?? 1))
    }
  }

  func claim(_ id: String, idle: Duration) async throws -> Claim { try await claim(id, idle: idle, of: nil) }

  func claim(_ id: String, idle: Duration, of owner: String?) async throws -> Claim {
    var arguments: [RedisWord] = [group, consumer, .init(max(0, idle.milliseconds)), .init(id)]
    if let owner { arguments.append(.init(owner)) }
    let reply = try await run(Scripts.claim, keys: [options.stream], arguments: arguments)
    if let parts = reply.array, parts.count == 2, let deliveries = parts[0].int,
      let delivery = RedisEntries.range(.array([parts[1]]), deliveries: Int(deliveries)).first
    {
      return .mine(delivery)
    }
    return reply.int == -1 ? .lost : .gone
  }

  func consumers() async throws -> [ConsumerState] {
    let command = RedisCommand("XINFO", "CONSUMERS", stream, group)
    return RedisInspection.consumers(try await noticingLoss { try await commands.send(command) })
  }

  func remove(consumer name: String) async throws {
    _ = try await run(
      Scripts.removeConsumer, keys: [options.stream], arguments: [group, .init(name)])
  }

  func trim(deadAge: Duration) async throws -> Int {
    let essential = options.topic.groups.filter { $0.role == .essential }
    let observers = options.topic.groups.filter { $0.role == .observer }
    let reply = try await run(
      Scripts.trim, keys: [options.stream, options.topic.deadKey(options.partition)],
      arguments: [.init(options.topic.lengthMax), .init(deadAge.milliseconds), .init(essential.count)]
        + (essential + observers).map { RedisWord($0.name) })
    return Int(reply.int ?? 0)
  }

  func close() async { await reader.close() }
}

extension RedisConnection {
  /// Milliseconds that a read may block. BLOCK 0 would wait for ever, over a connection that may be half open; and one
  /// that blocks for longer than a reply may take would lose its connection, and what comes over it.
  func block(for wait: Duration) -> Int64 { max(1, min(wait, replyTimeout / 2).milliseconds) }
}

extension Date {
  init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
