/// What operators ask of a `MemoryBroker`.
extension MemoryBroker {
  public func state(of topic: Topic) async throws -> [PartitionState] {
    let now = now
    return try access { state in
      (0..<topic.partitions).map { partition in
        let stream = state.streams[topic.streamKey(partition)] ?? MemoryStream()
        return PartitionState(
          partition: partition, length: stream.entries.count,
          bytes: stream.entries.reduce(0) { $0 + $1.fields.reduce(0) { $0 + $1.count } },
          oldestMilliseconds: stream.entries.first.map { max(0, now - $0.id.milliseconds) },
          dead: state.dead[topic.deadKey(partition)]?.count ?? 0,
          groups: stream.groups.sorted { $0.key < $1.key }.map { Self.state($0.key, $0.value, stream, now) })
      }
    }
  }

  private static func state(
    _ name: String, _ group: MemoryStream.Group, _ stream: MemoryStream, _ now: Int64
  ) -> GroupState {
    let unread = stream.after(group.last, limit: .max)
    return GroupState(
      name: name, lag: unread.count, pending: group.pending.count,
      oldestPendingMilliseconds: group.pending.keys.min().map { max(0, now - $0.milliseconds) },
      neededSince: [group.pending.keys.min(), unread.first?.id].compactMap { $0?.milliseconds }.min(),
      consumers: group.states(at: now))
  }

  public func peek(_ topic: Topic, partition: Int, after id: String?, limit: Int) async throws -> [Delivery] {
    let start = id.flatMap(MemoryStream.ID.init) ?? MemoryStream.ID(milliseconds: 0, sequence: 0)
    return try access { state in
      (state.streams[topic.streamKey(partition)]?.after(start, limit: limit) ?? []).map { Delivery($0, deliveries: 0) }
    }
  }

  public func deadLetters(
    _ topic: Topic, partition: Int, after id: String?, limit: Int
  ) async throws -> [DeadLetter] {
    let start = id.flatMap(MemoryStream.ID.init) ?? MemoryStream.ID(milliseconds: 0, sequence: 0)
    return try access { state in
      (state.dead[topic.deadKey(partition)] ?? []).filter { $0.id > start }.prefix(limit).map { DeadLetter($0) }
    }
  }

  public func replayDead(_ topic: Topic, partition: Int, ids: [String]) async throws -> Int {
    try await replayDead(topic, partition: partition, ids: ids, since: .min)
  }

  public func replayDead(_ topic: Topic, partition: Int, ids: [String], since oldest: Int64) async throws -> Int {
    let now = now
    defer { wake() }
    return try access { state in
      let taken = Self.take(ids, since: oldest, from: &state.dead[topic.deadKey(partition), default: []])
      for dead in taken {
        _ = state.streams[topic.streamKey(partition), default: MemoryStream()].add(dead.fields, at: now)
      }
      return taken.count
    }
  }

  public func purgeDead(_ topic: Topic, partition: Int, ids: [String]) async throws -> Int {
    try access { Self.take(ids, since: .min, from: &$0.dead[topic.deadKey(partition), default: []]).count }
  }

  private static func take(
    _ ids: [String], since oldest: Int64, from letters: inout [MemoryDeadLetter]
  ) -> [MemoryDeadLetter] {
    let wanted = Set(ids)
    func isTaken(_ letter: MemoryDeadLetter) -> Bool {
      wanted.contains(letter.id.text) && DeadLetter(letter).knownSince >= oldest
    }
    let taken = letters.filter(isTaken)
    letters.removeAll(where: isTaken)
    return taken
  }
}
