import Redis

/// What operators ask of Redis.
extension RedisBroker {
  public func state(of topic: Topic) async throws -> [PartitionState] {
    var states: [PartitionState] = []
    for partition in 0..<topic.partitions { states.append(try await state(of: topic, partition)) }
    return states
  }

  private func state(of topic: Topic, _ partition: Int) async throws -> PartitionState {
    let key = RedisWord(topic.streamKey(partition))
    let replies = try await commands.pipeline([
      RedisCommand("XLEN", key), RedisCommand("XLEN", .init(topic.deadKey(partition))),
      RedisCommand("MEMORY", "USAGE", key), RedisCommand("XRANGE", key, "-", "+", "COUNT", "1"),
      RedisCommand("TIME"), RedisCommand("EXISTS", key),
    ])
    let length = Int(try replies[0].get().int ?? 0)
    let time = (replies[4].array ?? []).map { $0.int ?? 0 }
    let now = time.count == 2 ? time[0] * 1000 + time[1] / 1000 : 0
    let oldest = RedisEntries.range(replies[3], deliveries: 0).first
    // XINFO refuses a stream that does not exist.
    let groups = replies[5].int == 1 ? try await groups(of: key, isEmpty: length == 0, now: now) : []
    return PartitionState(
      partition: partition, length: length, bytes: replies[2].int.map { Int($0) },
      oldestMilliseconds: oldest.map { max(0, now - $0.milliseconds) }, dead: Int(replies[1].int ?? 0), groups: groups)
  }

  private func groups(of key: RedisWord, isEmpty: Bool, now: Int64) async throws -> [GroupState] {
    let rows = (try await commands.send(RedisCommand("XINFO", "GROUPS", key)).array ?? []).map(RedisInspection.fields)
    var states: [GroupState] = []
    for row in rows {
      guard let name = row["name"]?.string else { continue }
      let replies = try await commands.pipeline([
        RedisCommand("XPENDING", key, .init(name)), RedisCommand("XINFO", "CONSUMERS", key, .init(name)),
      ])
      // Without its pending messages a group would seem to need less than it does.
      let summary = try replies[0].get().array ?? []
      let first = (summary.count > 1 ? summary[1].string : nil).map { RedisEntries.milliseconds(ofID: $0) }
      let unread = RedisInspection.unreadSince(row, isEmpty: isEmpty)
      states.append(
        GroupState(
          name: name, lag: row["lag"]?.int.map { Int($0) }, pending: Int(row["pending"]?.int ?? 0),
          oldestPendingMilliseconds: first.map { max(0, now - $0) },
          neededSince: [first, unread].compactMap { $0 }.min(),
          consumers: RedisInspection.consumers(replies[1])))
    }
    return states
  }

  /// Two round trips at most, however many topics there are, and one when nothing is pending.
  public func floor(of topics: [Topic], upTo now: Int64) async throws -> Int64? {
    let partitions = topics.filter { !$0.groups.isEmpty }.flatMap { topic in
      (0..<topic.partitions).map { (key: RedisWord(topic.streamKey($0)), groups: topic.groups.map(\.name)) }
    }
    guard !partitions.isEmpty else { return now }
    let replies = try await commands.pipeline(
      partitions.flatMap { [RedisCommand("XLEN", $0.key), RedisCommand("XINFO", "GROUPS", $0.key)] })
    var floor = now
    var pending: [RedisCommand] = []
    for (place, partition) in partitions.enumerated() {
      let isEmpty = try replies[2 * place].get().int == 0
      // XINFO refuses a stream that does not exist.
      if isEmpty, case .error = replies[2 * place + 1] { return nil }
      let rows = (try replies[2 * place + 1].get().array ?? []).map(RedisInspection.fields)
      for name in partition.groups {
        guard let row = rows.first(where: { $0["name"]?.string == name }) else { return nil }
        let since = RedisInspection.unreadSince(row, isEmpty: isEmpty)
        guard let lower = BrokerFloor.lowered(floor, to: since, upTo: now) else { return nil }
        floor = lower
        if row["pending"]?.int != 0 { pending.append(RedisCommand("XPENDING", partition.key, .init(name))) }
      }
    }
    guard !pending.isEmpty else { return floor }
    for reply in try await commands.pipeline(pending) {
      // Without its pending messages a group would seem to need less than it does.
      let summary = try reply.get().array ?? []
      guard summary.count > 1, let first = summary[1].string else { continue }
      let since = RedisEntries.milliseconds(ofID: first)
      guard let lower = BrokerFloor.lowered(floor, to: since, upTo: now) else { return nil }
      floor = lower
    }
    return floor
  }

  public func peek(_ topic: Topic, partition: Int, after id: String?, limit: Int) async throws -> [Delivery] {
    RedisEntries.range(try await range(topic.streamKey(partition), after: id, limit), deliveries: 0)
  }

  public func deadLetters(
    _ topic: Topic, partition: Int, after id: String?, limit: Int
  ) async throws -> [DeadLetter] {
    RedisEntries.deadLetters(try await range(topic.deadKey(partition), after: id, limit))
  }

  private func range(_ key: String, after id: String?, _ limit: Int) async throws -> RedisValue {
    try await commands.send(
      RedisCommand("XRANGE", .init(key), .init(id.map { "(\($0)" } ?? "-"), "+", "COUNT", .init(max(1, limit))))
  }

  public func replayDead(_ topic: Topic, partition: Int, ids: [String]) async throws -> Int {
    try await replayDead(topic, partition: partition, ids: ids, since: 0)
  }

  public func replayDead(_ topic: Topic, partition: Int, ids: [String], since oldest: Int64) async throws -> Int {
    let reply = try await commands.run(
      Scripts.replayDead, keys: [topic.streamKey(partition), topic.deadKey(partition)],
      arguments: [.init(2 * RedisEntries.deadFields), .init(oldest)] + ids.map { RedisWord($0) })
    return Int(reply.int ?? 0)
  }

  public func purgeDead(_ topic: Topic, partition: Int, ids: [String]) async throws -> Int {
    guard !ids.isEmpty else { return 0 }
    let reply = try await commands.send(
      RedisCommand([RedisWord("XDEL"), .init(topic.deadKey(partition))] + ids.map { RedisWord($0) }))
    return Int(reply.int ?? 0)
  }
}

enum RedisInspection {
  /// A flat list of names and values.
  static func fields(_ row: RedisValue) -> [String: RedisValue] {
    let list = row.array ?? []
    var values: [String: RedisValue] = [:]
    for index in stride(from: 0, to: list.count - 1, by: 2) {
      if let name = list[index].string { values[name] = list[index + 1] }
    }
    return values
  }

  /// What a group has not read lies behind what it read last. A lag that Redis cannot tell may be one.
  /// - Parameter row: of XINFO GROUPS.
  static func unreadSince(_ row: [String: RedisValue], isEmpty: Bool) -> Int64? {
    guard !isEmpty, row["lag"]?.int != 0 else { return nil }
    return row["last-delivered-id"]?.string.map { RedisEntries.milliseconds(ofID: $0) }
  }

  static func consumers(_ reply: RedisValue) -> [ConsumerState] {
    (reply.array ?? []).map(fields).compactMap { row in
      guard let name = row["name"]?.string else { return nil }
      return ConsumerState(
        name: name, pending: Int(row["pending"]?.int ?? 0), idleMilliseconds: row["idle"]?.int ?? 0)
    }
  }
}
