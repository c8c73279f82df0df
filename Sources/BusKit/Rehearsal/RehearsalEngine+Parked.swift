import Foundation

/// Messages that wait longer than a lease for their next try, by the rules of `ParkedRunner`.
extension RehearsalEngine {
  func runParked(_ id: UUID, _ stage: Int) async throws {
    guard var message = take(id, stage) else { return }
    message.attempts += 1
    if message.attempts > timing.attemptsMax { return try await bury(message, "attempts", message.reason, stage) }
    do {
      guard let handler = stages[stage].service.handlers[message.envelope.type] else {
        throw PermanentFailure("\(stages[stage].service.name) does not handle \(message.envelope.type)")
      }
      try await commit([try handler.prepare(message.envelope)], stage, message.options.topic)
    } catch {
      try await fail(message, error, stage)
    }
  }

  private func take(_ id: UUID, _ stage: Int) -> RehearsalStore.Parked? {
    state.withLock { state in
      guard let index = state.stores[stage].parked.firstIndex(where: { $0.envelope.id == id }) else { return nil }
      return state.stores[stage].parked.remove(at: index)
    }
  }

  private func fail(_ message: RehearsalStore.Parked, _ error: any Error, _ stage: Int) async throws {
    switch FailureKind(handling: error) {
    case .permanent(let reason): try await bury(message, reason.rawValue, "\(error)", stage)
    case .throttled(let wait):
      postpone(message, wait, isAttempt: message.throttles >= Throttled.freeMax, "\(error)", stage)
    case .transient(let delay):
      if message.attempts >= timing.attemptsMax { return try await bury(message, "attempts", "\(error)", stage) }
      postpone(message, .after(delay ?? backoff(message.attempts)), isAttempt: true, "\(error)", stage)
    }
  }

  private func postpone(
    _ message: RehearsalStore.Parked, _ wait: Wait, isAttempt: Bool, _ reason: String, _ stage: Int
  ) {
    var later = message
    later.dueAt = clock.now.addingTimeInterval(wait.time(from: clock.now).timeInterval)
    later.reason = reason
    if !isAttempt {
      later.attempts -= 1
      later.throttles += 1
    }
    state.withLock { [later] state in state.stores[stage].parked.append(later) }
  }

  private func bury(_ message: RehearsalStore.Parked, _ reason: String, _ detail: String, _ stage: Int) async throws {
    try await broker.bury(
      message.envelope,
      DeadLetterNote(
        topic: message.options.topic, partition: message.options.partition, group: message.options.group,
        reason: reason, detail: detail, deliveries: message.attempts))
  }
}
