import Redis

/// One consumer of a group on one partition of a `MemoryBroker`.
final class MemorySubscription: BrokerSubscription {
  let options: SubscriptionOptions
  private let broker: MemoryBroker

  init(_ options: SubscriptionOptions, broker: MemoryBroker) {
    self.options = options
    self.broker = broker
  }

  var generation: Int { broker.generation }
  private var key: String { options.stream }

  func ensure() async throws { try broker.makeGroup(options.group, of: key) }

  func read(limit: Int, wait: Duration, acknowledging: Bool) async throws -> [Delivery] {
    let (key, options, broker) = (key, options, broker)
    return try await broker.poll(for: wait) { state in
      guard var stream = state.streams[key], var group = stream.groups[options.group] else {
        throw StreamLost("there is no group \(options.group) of \(key)")
      }
      let now = broker.now
      let entries = stream.after(group.last, limit: limit)
      guard let last = entries.last else { return [] }
      group.last = last.id
      group.consumers[options.consumer] = now
      if !acknowledging {
        for entry in entries {
          group.pending[entry.id] = .init(owner: options.consumer, deliveries: 1, since: now)
        }
      }
      stream.groups[options.group] = group
      state.streams[key] = stream
      return entries.map { Delivery($0, deliveries: 1) }
    }
  }

  func acknowledge(_ ids: [String]) async throws {
    try withGroup { group, _ in for id in ids.compactMap(MemoryStream.ID.init) { group.pending[id] = nil } }
  }

  func extend(_ ids: [String]) async throws -> Set<String> {
    let now = broker.now
    return try withGroup { group, _ in
      var mine: Set<String> = []
      for text in ids {
        guard let id = MemoryStream.ID(text), group.pending[id]?.owner == options.consumer else { continue }
        group.pending[id]?.since = now
        mine.insert(text)
      }
      return mine
    }
  }

  func release(_ ids: [String], after delay: Duration, isAttempt: Bool) async throws {
    let idle = max(0, min(options.lease, options.lease - delay).milliseconds)
    let since = broker.now - idle
    try withGroup { group, _ in
      for id in ids.compactMap(MemoryStream.ID.init) {
        guard let pending = group.pending[id], pending.owner == options.consumer else { continue }
        let deliveries = isAttempt ? pending.deliveries : max(0, pending.deliveries - 1)
        group.pending[id] = .init(owner: pending.owner, deliveries: deliveries, since: since)
      }
    }
  }

  func bury(_ delivery: Delivery, reason: String, detail: String) async throws -> Bool {
    guard let id = MemoryStream.ID(delivery.id) else { return false }
    let now = broker.now
    let dead = options.topic.deadKey(options.partition)
    return try broker.access { state in
      guard var stream = state.streams[key], var group = stream.groups[options.group],
        group.pending[id]?.owner == options.consumer
      else { return false }
      group.pending[id] = nil
      stream.groups[options.group] = group
      state.streams[key] = stream
      state.dead[dead, default: []].bury(
        stream.entry(id)?.fields ?? [], id, at: now, group: options.group, reason: reason, detail: detail,
        deliveries: delivery.deliveries)
      return true
    }
  }

  func pending(idle: Duration, of owner: String?, limit: Int) async throws -> [PendingDelivery] {
    let now = broker.now
    return try withGroup { group, _ in
      group.pending
        .filter { now - $0.value.since >= idle.milliseconds && (owner == nil || $0.value.owner == owner) }
        .sorted { $0.key < $1.key }.prefix(limit)
        .map { PendingDelivery(id: $0.key.text, owner: $0.value.owner, deliveries: $0.value.deliveries) }
    }
  }

  func claim(_ id: String, idle: Duration) async throws -> Claim { try await claim(id, idle: idle, of: nil) }

  func claim(_ text: String, idle: Duration, of owner: String?) async throws -> Claim {
    let now = broker.now
    guard let id = MemoryStream.ID(text) else { return .gone }
    return try withGroup { group, stream in
      guard let pending = group.pending[id], now - pending.since >= idle.milliseconds,
        owner == nil || pending.owner == owner
      else { return .gone }
      guard let entry = stream.entry(id) else {
        group.pending[id] = nil
        return .lost
      }
      group.pending[id] = .init(owner: options.consumer, deliveries: pending.deliveries + 1, since: now)
      group.consumers[options.consumer] = now
      return .mine(Delivery(entry, deliveries: pending.deliveries + 1))
    }
  }

  func consumers() async throws -> [ConsumerState] {
    let now = broker.now
    return try withGroup { group, _ in group.states(at: now) }
  }

  func remove(consumer: String) async throws {
    try withGroup { group, _ in
      if !group.pending.values.contains(where: { $0.owner == consumer }) { group.consumers[consumer] = nil }
    }
  }

  func trim(deadAge: Duration) async throws -> Int {
    let oldest = broker.now - deadAge.milliseconds
    let dead = options.topic.deadKey(options.partition)
    let topic = options.topic
    return try broker.access { state in
      state.dead[dead]?.removeAll { $0.id.milliseconds < oldest }
      guard var stream = state.streams[key] else { return 0 }
      let isOver = stream.entries.count > topic.lengthMax
      let essential = topic.groups.filter { $0.role == .essential }.map(\.name)
      let count: Int
      if isOver && essential.isEmpty {
        count = stream.entries.count - topic.lengthMax
        stream.keep(last: topic.lengthMax)
      } else {
        let floor = stream.floor(of: isOver ? essential : topic.groups.map(\.name))
        count = floor.map { stream.removeAll(before: $0) } ?? 0
      }
      state.streams[key] = stream
      return count
    }
  }

  func close() async {}

  private func withGroup<T>(_ body: (inout MemoryStream.Group, MemoryStream) throws -> sending T) throws -> sending T {
    try broker.access { state in
      guard let stream = state.streams[key], var group = stream.groups[options.group] else {
        throw StreamLost("there is no group \(options.group) of \(key)")
      }
      let value = try body(&group, stream)
      state.streams[key]?.groups[options.group] = group
      return value
    }
  }
}

final class MemoryFollower: BrokerFollower {
  private let stream: String
  private let broker: MemoryBroker
  private let last = Position()

  private actor Position {
    var value = MemoryStream.ID(milliseconds: 0, sequence: 0)
    func move(to id: MemoryStream.ID) { value = id }
  }

  init(stream: String, broker: MemoryBroker) {
    self.stream = stream
    self.broker = broker
  }

  func next(limit: Int, wait: Duration) async throws -> [Delivery] {
    let (stream, after) = (stream, await last.value)
    let entries = try await broker.poll(for: wait) { state in
      Array(state.streams[stream]?.after(after, limit: limit) ?? [])
    }
    if let id = entries.last?.id { await last.move(to: id) }
    return entries.map { Delivery($0, deliveries: 1) }
  }

  func close() async {}
}

extension Delivery {
  init(_ entry: MemoryStream.Entry, deliveries: Int) {
    let fields = entry.fields
    self.init(id: entry.id.text, deliveries: deliveries, milliseconds: entry.id.milliseconds) {
      try Envelope(wireBytes: fields)
    }
  }
}

extension MemoryStream.Group {
  func states(at now: Int64) -> [ConsumerState] {
    consumers.sorted { $0.key < $1.key }.map { name, since in
      ConsumerState(
        name: name, pending: pending.values.count { $0.owner == name }, idleMilliseconds: max(0, now - since))
    }
  }
}

extension Envelope {
  /// The names and values of the wire form.
  var wireBytes: [[UInt8]] { wireFields.map(\.bytes) }

  init(wireBytes fields: [[UInt8]]) throws { try self.init(wire: fields.map { RedisValue.bulk($0) }) }
}
