/// What a rehearsal asks to know what is to be done next, and when.
extension MemoryBroker {
  func makeGroup(_ name: String, of key: String) throws {
    try access { state in
      var stream = state.streams[key] ?? MemoryStream()
      stream.groups[name] = stream.groups[name] ?? MemoryStream.Group()
      state.streams[key] = stream
    }
  }

  /// Whether a group has something to read.
  func hasUnread(_ options: SubscriptionOptions) -> Bool {
    state.withLock { state in
      guard let stream = state.streams[options.stream], let group = stream.groups[options.group] else { return false }
      return !stream.after(group.last, limit: 1).isEmpty
    }
  }

  /// Deliveries whose lease has run out, oldest first; and when the next one does.
  func abandoned(_ options: SubscriptionOptions) -> (ids: [String], nextAt: Int64?) {
    let now = now
    return state.withLock { state in
      let pending = state.streams[options.stream]?.groups[options.group]?.pending ?? [:]
      let ends = pending.mapValues { $0.since + options.lease.milliseconds }
      return (ends.filter { $0.value <= now }.keys.sorted().map(\.text), ends.values.filter { $0 > now }.min())
    }
  }

  /// The dead letters of every stream, in the order of their streams' names.
  var allDeadLetters: [DeadLetter] {
    state.withLock { state in
      state.dead.sorted { $0.key < $1.key }.flatMap { $0.value.map { DeadLetter($0) } }
    }
  }
}

extension DeadLetter {
  init(_ dead: MemoryDeadLetter) {
    self.init(
      id: dead.id.text, group: dead.group, reason: dead.reason, detail: dead.detail, deliveries: dead.deliveries,
      firstMilliseconds: dead.streamID.milliseconds, buriedMilliseconds: dead.id.milliseconds
    ) { try Envelope(wireBytes: dead.fields) }
  }
}
