import Foundation
import Logging

/// Runs messages that wait in Postgres for a later try: each alone, as a unit of work with its inbox row, like any
/// delivery.
struct ParkedRunner: Sendable {
  let core: BusCore
  let handlers: [String: MessageHandler]
  let topics: [Topic]

  /// So many are leased at once; those not yet begun when the service drains are handed back.
  private static let takenMax = 16

  /// Runs until the service drains.
  func run() async {
    await core.loop("parked messages", every: core.timing.effectPoll * 2) {
      while !core.isDraining, try await step() {}
    }
  }

  /// Returns whether there may be more.
  private func step() async throws -> Bool {
    let lease = core.timing.handlerMax + core.timing.effectLease
    var waiting = try await core.pool.transaction {
      try ParkedStore.takeDue(limit: Self.takenMax, lease: lease, token: .v7(), in: $0)
    }
    let count = waiting.count
    while !waiting.isEmpty, !core.isDraining {
      let held = waiting
      // All of them are held until the last is begun.
      try await core.pool.transaction { try ParkedStore.renew(held, lease: lease, in: $0) }
      try await perform(waiting.removeFirst())
    }
    if !waiting.isEmpty {
      let left = waiting
      try await core.pool.transaction { try ParkedStore.release(left, in: $0) }
    }
    return count == Self.takenMax
  }

  private func perform(_ message: ParkedMessage) async throws {
    do {
      if message.attempts > core.timing.attemptsMax {
        return try await bury(message, "attempts", message.reason)
      }
      guard let handler = handlers[message.envelope.type] else {
        return try await bury(message, "unknown_type", "\(core.service) no longer handles \(message.envelope.type)")
      }
      let unit = try handler.prepare(message.envelope)
      _ = try await core.gate.withSuspect { try await core.perform([unit], topic: message.topic) }
    } catch {
      return try await fail(message, error)
    }
    _ = try await core.pool.transaction { try ParkedStore.finish(message, in: $0) }
  }

  private func fail(_ message: ParkedMessage, _ error: any Error) async throws {
    if core.isInterruption(error) { throw error }
    core.logger.warning(
      "a parked message failed",
      metadata: [
        "type": "\(message.envelope.type)", "id": "\(message.envelope.id.text)", "attempt": "\(message.attempts)",
        "error": "\(error)",
      ])
    switch FailureKind(error) {
    case .permanent(let isIncident):
      try await bury(message, isIncident ? "invariant" : "permanent", "\(error)")
    case .throttled(let wait):
      try await postpone(message, wait, isAttempt: message.throttles >= Throttled.freeMax, error)
    case .transient(let delay):
      if error is Overdue { return try await bury(message, "overdue", "\(error)") }
      if message.attempts >= core.timing.attemptsMax { return try await bury(message, "attempts", "\(error)") }
      let usual = Backoff(first: .milliseconds(100), factor: 4, most: core.timing.retryMost).delay(
        attempt: message.attempts, random: .random(in: 0..<1))
      try await postpone(message, .after(delay ?? usual), isAttempt: true, error)
    }
  }

  private func postpone(_ message: ParkedMessage, _ wait: Wait, isAttempt: Bool, _ error: any Error) async throws {
    _ = try await core.pool.transaction {
      try ParkedStore.postpone(message, wait, isAttempt: isAttempt, reason: "\(error)", in: $0)
    }
  }

  /// The dead letter first: a crash in between leaves two of it, and none is lost.
  private func bury(_ message: ParkedMessage, _ reason: String, _ detail: String) async throws {
    let topic = topics.first { $0.name == message.topic } ?? Topic(message.topic, groups: [])
    try await core.broker.bury(
      message.envelope,
      DeadLetterNote(
        topic: topic, partition: message.partition, group: core.service, reason: reason, detail: detail,
        deliveries: message.attempts))
    _ = try await core.pool.transaction { try ParkedStore.finish(message, in: $0) }
    core.metrics.counter(
      "energy_bus_dead_total", labels: [("topic", message.topic), ("group", core.service), ("reason", reason)]
    ).increment()
    core.logger.error(
      "dead letter",
      metadata: [
        "topic": "\(message.topic)", "id": "\(message.envelope.id.text)", "reason": "\(reason)", "detail": "\(detail)",
      ])
  }
}
