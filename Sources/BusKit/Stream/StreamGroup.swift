import Foundation
import Redis

/// One partition of a topic as one consumer group sees it: every Redis command that consuming takes.
struct StreamGroup: Sendable {
  let topic: Topic
  let partition: Int
  let group: String
  let consumer: String
  let reader: RedisConnection
  let commands: RedisConnection
  /// How long a read waits for something to come.
  let block: Duration

  var stream: String { topic.streamKey(partition) }

  /// The group begins at 0, never at `$`: what arrived before it existed is for it too.
  func ensure() async throws {
    do {
      _ = try await commands.send(RedisCommand("XGROUP", "CREATE", .init(stream), .init(group), "0", "MKSTREAM"))
    } catch let error as RedisServerError where error.prefix == "BUSYGROUP" {
      return  // It exists.
    }
  }

  /// - Parameter acknowledging: what is read is done with; nothing of it is ever pending.
  func read(count: Int, acknowledging: Bool = false) async throws -> [StreamEntry] {
    let reply = try await reader.send(
      RedisCommand(
        ["XREADGROUP", "GROUP", .init(group), .init(consumer), "COUNT", .init(count), "BLOCK", .init(max(1, block.milliseconds))]
          + (acknowledging ? ["NOACK"] : []) + ["STREAMS", .init(stream), ">"]))
    return StreamEntry.list(fromRead: reply)
  }

  func acknowledge(_ ids: [String]) async throws {
    guard !ids.isEmpty else { return }
    _ = try await commands.send(
      RedisCommand([RedisWord("XACK"), .init(stream), .init(group)] + ids.map { RedisWord($0) }))
  }

  /// Returns the ids that are still this consumer's.
  func extend(_ ids: [String]) async throws -> Set<String> {
    guard !ids.isEmpty else { return [] }
    let reply = try await commands.run(
      Scripts.extendLease, keys: [stream], arguments: [.init(group), .init(consumer)] + ids.map { RedisWord($0) })
    return Set((reply.array ?? []).compactMap(\.string))
  }

  func release(_ ids: [String], idle: Duration) async throws {
    guard !ids.isEmpty else { return }
    _ = try await commands.run(
      Scripts.release, keys: [stream],
      arguments: [.init(group), .init(consumer), .init(max(0, idle.milliseconds))] + ids.map { RedisWord($0) })
  }

  /// Returns whether this consumer still owned the delivery.
  func bury(_ entry: StreamEntry, reason: String, detail: String) async throws -> Bool {
    var arguments: [RedisWord] = [
      .init(group), .init(consumer), .init(entry.id), "reason", .init(reason), "detail", .init(String(detail.prefix(500))),
      "group", .init(group), "stream-id", .init(entry.id), "deliveries", .init(entry.deliveries), "buried-at",
      .init(MessageCoder.timestamp(Date())),
    ]
    for field in entry.fields ?? [] { arguments.append(.init(field.bytes ?? [])) }
    let reply = try await commands.run(
      Scripts.bury, keys: [stream, topic.deadKey(partition)], arguments: arguments)
    return reply.int == 1
  }

  struct Pending: Sendable {
    let id: String
    let owner: String
    let deliveries: Int
  }

  /// Deliveries idle for at least `idle`, of everybody or of one consumer.
  func pending(idle: Duration, of owner: String? = nil, limit: Int) async throws -> [Pending] {
    var words: [RedisWord] = [
      "XPENDING", .init(stream), .init(group), "IDLE", .init(idle.milliseconds), "-", "+", .init(limit),
    ]
    if let owner { words.append(.init(owner)) }
    let reply = try await commands.send(RedisCommand(words))
    return (reply.array ?? []).compactMap { row in
      guard let parts = row.array, parts.count == 4, let id = parts[0].string, let owner = parts[1].string else {
        return nil
      }
      return Pending(id: id, owner: owner, deliveries: Int(parts[3].int ?? 1))
    }
  }

  enum Claim: Sendable {
    case mine(StreamEntry)
    /// Somebody else was first, or it has been acknowledged meanwhile.
    case gone
    /// It was trimmed while it was pending, and nobody will see it.
    case lost
  }

  /// Takes one delivery over if it is still idle for that long: of several that try, one gets it.
  func claim(_ id: String, idle: Duration) async throws -> Claim {
    let reply = try await commands.run(
      Scripts.claim, keys: [stream],
      arguments: [.init(group), .init(consumer), .init(max(0, idle.milliseconds)), .init(id)])
    if let parts = reply.array, parts.count == 2, let deliveries = parts[0].int,
      let entry = StreamEntry.list(fromRange: .array([parts[1]]), deliveries: Int(deliveries)).first
    {
      return .mine(entry)
    }
    return reply.int == -1 ? .lost : .gone
  }

  struct ConsumerInfo: Sendable {
    let name: String
    let pending: Int64
    let idleMilliseconds: Int64
  }

  func consumers() async throws -> [ConsumerInfo] {
    let reply = try await commands.send(RedisCommand("XINFO", "CONSUMERS", .init(stream), .init(group)))
    return (reply.array ?? []).compactMap { row in
      let fields = row.array ?? []
      var values: [String: RedisValue] = [:]
      for index in stride(from: 0, to: fields.count - 1, by: 2) {
        if let name = fields[index].string { values[name] = fields[index + 1] }
      }
      guard let name = values["name"]?.string else { return nil }
      return ConsumerInfo(
        name: name, pending: values["pending"]?.int ?? 0, idleMilliseconds: values["idle"]?.int ?? 0)
    }
  }

  /// Removes a consumer that holds nothing; one that holds something stays.
  func remove(consumer name: String) async throws {
    _ = try await commands.run(Scripts.removeConsumer, keys: [stream], arguments: [.init(group), .init(name)])
  }

  /// - Parameter deadAge: dead letters older than this are forgotten.
  func trim(deadAge: Duration) async throws -> Int64 {
    let essential = topic.groups.filter { $0.role == .essential }
    let observers = topic.groups.filter { $0.role == .observer }
    let reply = try await commands.run(
      Scripts.trim, keys: [stream, topic.deadKey(partition)],
      arguments: [.init(topic.lengthMax), .init(deadAge.milliseconds), .init(essential.count)]
        + (essential + observers).map { RedisWord($0.name) })
    return reply.int ?? 0
  }
}
