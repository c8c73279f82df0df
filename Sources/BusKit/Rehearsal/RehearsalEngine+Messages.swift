import Foundation

/// Sending and handling messages, by the rules of `Publisher` and `DeliveryHandler`.
extension RehearsalEngine {
  private static let unknownPause: Duration = .seconds(5)
  private typealias Job = (entry: Delivery, unit: PreparedUnit)

  /// Sends the outbox rows that are due.
  func send(_ stage: Int) async throws {
    let now = clock.now
    let records = state.withLock { state in
      let due = state.stores[stage].outbox.filter { $0.availableAt <= now }
      state.stores[stage].outbox.removeAll { $0.availableAt <= now }
      var records = due.map(\.record)
      // Between messages no order is promised.
      if var random = state.random {
        records.shuffle(using: &random)
        state.random = random
      }
      state.published += records.map(\.envelope)
      for record in records where state.awaited.contains(record.envelope.correlation) {
        if record.topicName.hasPrefix("replies.") { state.replies[record.envelope.correlation] = record.envelope }
      }
      return records
    }
    try await enter(records.filter { !$0.topicName.hasPrefix("replies.") }.map(\.publication))
  }

  /// Puts a message of somebody outside into its stream.
  package func publish(_ envelope: Envelope, topic: Topic) async throws {
    guard envelope.body.count <= Envelope.bodyBytesMax else {
      throw InvariantViolation(
        "\(envelope.type) has a body of \(envelope.body.count) bytes; the most is \(Envelope.bodyBytesMax)")
    }
    try await enter([Publication(envelope, topic: topic)])
  }

  private func enter(_ publications: [Publication]) async throws {
    _ = try await broker.publish(publications)
    if faults.deliversTwice { _ = try await broker.publish(publications) }
  }

  // MARK: - Handling

  func read(_ link: Link) async throws {
    let most = timing.batchMax
    let limit = state.withLock { $0.random == nil } ? most : 1 + draw(below: most)
    let entries = try await link.subscription.read(limit: limit, wait: .zero, acknowledging: false)
    if faults.deliversInReverse {
      for entry in entries.reversed() { try await handle([entry], link) }
    } else {
      try await handle(entries, link)
    }
  }

  func claim(_ id: String, _ link: Link) async throws {
    if case .mine(let delivery) = try await link.subscription.claim(id, idle: timing.lease) {
      try await handle([delivery], link)
    }
  }

  private func handle(_ entries: [Delivery], _ link: Link) async throws {
    var jobs: [Job] = []
    for entry in entries {
      if let unit = try await prepare(entry, link) { jobs.append((entry, unit)) }
    }
    if jobs.count > 1, await isHandledTogether(jobs, link) { return try await conclude(jobs.map(\.entry), link) }
    for job in jobs {
      do {
        try await commit([job.unit], link.stage, link.subscription.options.topic)
      } catch {
        try await fail(job, error, link)
        continue
      }
      try await conclude([job.entry], link)
    }
  }

  private func isHandledTogether(_ jobs: [Job], _ link: Link) async -> Bool {
    do {
      try await commit(jobs.map(\.unit), link.stage, link.subscription.options.topic)
      return true
    } catch {
      logger.debug("a batch failed; each is run alone", metadata: ["error": "\(error)"])
      return false
    }
  }

  /// A commit that failed is run again, as with a Postgres that was away.
  func commit(_ units: [PreparedUnit], _ stage: Int, _ topic: Topic) async throws {
    let work = Work(
      kind: .batch, service: stages[stage].service.name, name: topic.name, envelopes: units.compactMap(\.cause))
    while true {
      do {
        _ = try await stages[stage].middleware.run(work) { work in
          var units = units
          for (index, envelope) in work.envelopes.enumerated() where index < units.count {
            units[index].cause = envelope
          }
          return try self.transact(stage) { [units] store, now in try store.run(units, now: now) }
        }
        return
      } catch is CommitFailed {
        continue
      }
    }
  }

  private func conclude(_ entries: [Delivery], _ link: Link) async throws {
    let crashes = state.withLock { state in
      guard state.faults.crashesBeforeAcknowledging > 0 else { return false }
      state.faults.crashesBeforeAcknowledging -= 1
      return true
    }
    let ids = entries.map(\.id)
    if crashes {
      try await link.subscription.release(ids, after: .zero, isAttempt: true)
    } else {
      try await link.subscription.acknowledge(ids)
    }
  }

  /// Decodes an entry, or deals with it at once and returns nil.
  private func prepare(_ entry: Delivery, _ link: Link) async throws -> PreparedUnit? {
    if entry.isLost {
      try await link.subscription.acknowledge([entry.id])
      return nil
    }
    if entry.deliveries > timing.attemptsMax {
      try await bury(entry, "attempts", "delivered \(entry.deliveries) times without success", link)
      return nil
    }
    let age = Duration.milliseconds(max(0, clock.milliseconds - entry.milliseconds))
    do {
      let envelope = try entry.envelope()
      if age > timing.inboxRetention {
        try await bury(entry, "too_old", "\(age.milliseconds / 1000) s old", link)
        return nil
      }
      guard let handler = link.handlers[envelope.type], handler.version >= envelope.version else {
        if age > timing.unknownGrace {
          try await bury(entry, "unknown_type", "\(envelope.type) version \(envelope.version)", link)
        } else {
          try await link.subscription.release([entry.id], after: Self.unknownPause, isAttempt: false)
        }
        return nil
      }
      return try handler.prepare(envelope)
    } catch {
      try await bury(entry, "undecodable", "\(error)", link)
      return nil
    }
  }

  private func fail(_ job: Job, _ error: any Error, _ link: Link) async throws {
    let entry = job.entry
    logger.info("a message failed", metadata: ["type": "\(job.unit.cause?.type ?? "")", "error": "\(error)"])
    switch FailureKind(handling: error) {
    case .permanent(let reason): try await bury(entry, reason.rawValue, "\(error)", link)
    case .throttled(let wait):
      try await retry(job, wait, "\(error)", isAttempt: false, link)
    case .transient(let delay):
      guard entry.deliveries < timing.attemptsMax else { return try await bury(entry, "attempts", "\(error)", link) }
      try await retry(job, .after(delay ?? backoff(entry.deliveries)), "\(error)", isAttempt: true, link)
    }
  }

  /// The usual wait, without its jitter.
  func backoff(_ attempts: Int) -> Duration { timing.backoff.delay(attempt: attempts, random: 0.5) }

  private func retry(_ job: Job, _ wait: Wait, _ reason: String, isAttempt: Bool, _ link: Link) async throws {
    let time = wait.time(from: clock.now)
    let goesOn = !isAttempt && clock.milliseconds - job.entry.milliseconds > timing.retryMost.milliseconds
    guard time > timing.lease || goesOn, let cause = job.unit.cause else {
      return try await link.subscription.release([job.entry.id], after: time, isAttempt: isAttempt)
    }
    let parked = RehearsalStore.Parked(
      envelope: cause, options: link.subscription.options,
      attempts: isAttempt ? job.entry.deliveries : job.entry.deliveries - 1,
      dueAt: clock.now.addingTimeInterval(time.timeInterval), reason: reason)
    state.withLock { state in
      // Delivered twice and failed twice, it waits once.
      if !state.stores[link.stage].parked.contains(where: { $0.envelope.id == cause.id }) {
        state.stores[link.stage].parked.append(parked)
      }
    }
    try await link.subscription.acknowledge([job.entry.id])
  }

  private func bury(_ entry: Delivery, _ reason: String, _ detail: String, _ link: Link) async throws {
    logger.notice("dead letter", metadata: ["reason": "\(reason)", "detail": "\(detail)"])
    _ = try await link.subscription.bury(entry, reason: reason, detail: detail)
  }
}
