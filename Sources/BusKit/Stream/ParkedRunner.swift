import Foundation
import Logging

/// Runs messages that wait in Postgres for a later try: each alone, as a unit of work with its inbox row, like any
/// delivery.
struct ParkedRunner: Sendable {
  let core: BusCore
  let handlers: [String: MessageHandler]
  let topics: [Topic]

  /// Runs until the service drains.
  func run() async {
    await core.loop("parked messages", on: core.parked) {
      while !core.isDraining, try await step() {}
    }
  }

  /// Takes one: being taken is an attempt, so of several the others would be given up with one that kills the process.
  /// Returns whether there may be more.
  private func step() async throws -> Bool {
    let lease = core.timing.handlerMax + core.timing.effectLease
    let (versions, grace) = (handlers.mapValues(\.version), core.timing.unknownGrace)
    let begun = try await core.pool.transaction { session -> ParkedMessage? in
      let taken = try ParkedStore.takeDue(
        versions, unknownGrace: grace, limit: 1, lease: lease, token: .v7(), in: session)
      return try taken.first.flatMap { try ParkedStore.begin($0, keeping: [], lease: lease, in: session) }
    }
    guard let message = begun else { return false }
    let renewal = Task {
      do { try await Task.sleep(for: lease / 3) } catch { return }
      await core.support("parked messages: lease", every: lease / 3) {
        try await core.pool.transaction { try ParkedStore.renew(message, lease: lease, in: $0) }
      }
    }
    defer { renewal.cancel() }
    do {
      try await perform(message)
    } catch where core.isInterruption(error) {
      // Nobody's attempt. If Postgres does not take it back either, its lease runs out.
      try await core.pool.transaction { try ParkedStore.release([message], begun: true, in: $0) }
      throw error
    }
    return true
  }

  private func perform(_ message: ParkedMessage) async throws {
    do {
      if message.attempts > core.timing.attemptsMax {
        return try await bury(message, "attempts", message.reason)
      }
      let envelope = message.envelope
      guard let handler = handlers[envelope.type], handler.version >= envelope.version else {
        let detail = "\(core.service) does not handle \(envelope.type) version \(envelope.version)"
        return try await bury(message, "unknown_type", detail)
      }
      let unit: PreparedUnit
      do { unit = try handler.prepare(envelope) } catch {
        return try await bury(message, "undecodable", "\(error)")
      }
      _ = try await core.gate.withSuspect { try await core.perform([unit], topic: message.topic) }
    } catch {
      return try await fail(message, error)
    }
    _ = try await core.pool.transaction { try ParkedStore.finish(message, in: $0) }
  }

  private func fail(_ message: ParkedMessage, _ error: any Error) async throws {
    if core.isInterruption(error) { throw error }
    core.trouble.log(
      .warning, "a parked message failed", of: "\(message.envelope.type) \(RepeatedTrouble.kind(error))",
      [
        "type": "\(message.envelope.type)", "id": "\(message.envelope.id.text)", "attempt": "\(message.attempts)",
        "error": "\(error)",
      ])
    switch FailureKind(handling: error) {
    case .permanent(let reason): try await bury(message, reason.rawValue, "\(error)")
    case .throttled(let wait):
      try await postpone(message, wait, isAttempt: message.throttles >= Throttled.freeMax, error)
    case .transient(let delay):
      if message.attempts >= core.timing.attemptsMax { return try await bury(message, "attempts", "\(error)") }
      let usual = core.timing.backoff.delay(attempt: message.attempts, random: .random(in: 0..<1))
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
