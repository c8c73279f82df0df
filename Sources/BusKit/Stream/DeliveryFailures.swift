import Foundation
import Logging
import Postgres

/// What becomes of a delivery whose handler threw.
extension DeliveryHandler {
  func fail(_ job: Job, _ error: any Error) async throws {
    let entry = job.entry
    var log = logger
    log[metadataKey: "type"] = "\(job.unit.cause?.type ?? "")"
    log[metadataKey: "id"] = "\(job.unit.cause?.id.text ?? "")"
    log[metadataKey: "error"] = "\(error)"
    core.metrics.counter("energy_bus_failed_total", labels: labels).increment()
    switch error {
    case is InvariantViolation, is InboxStore.IdentityConflict, is DecodingFailure:
      log.critical("the message breaks an invariant")
      try await bury(entry, "invariant", "\(error)")
    case is PermanentFailure:
      log.error("the message cannot succeed")
      try await bury(entry, "permanent", "\(error)")
    case let error as PostgresError where error.code == .encoding:
      // What the message holds Postgres never stores, such as a NUL character in a text.
      log.error("the message cannot be stored")
      try await bury(entry, "permanent", "\(error)")
    case is Overdue:
      // Its thread is lost to it; a second one would be too.
      log.critical("the handler does not return")
      try await bury(entry, "overdue", "\(error)")
    case let error as Throttled:
      tellRetry(.notice, "the message will be tried again when it may be", job, error)
      try await retry(job, error.wait, "\(error)", isAttempt: false)
    default:
      if entry.deliveries >= timing.attemptsMax {
        log.error("the message is given up")
        try await bury(entry, "attempts", "\(error)")
      } else {
        tellRetry(.warning, "the message will be tried again", job, error)
        let usual = Backoff(first: .milliseconds(100), factor: 4, most: timing.retryMost).delay(
          attempt: entry.deliveries, random: .random(in: 0..<1))
        try await retry(job, .after((error as? TransientFailure)?.delay ?? usual), "\(error)", isAttempt: true)
      }
    }
  }

  private func tellRetry(_ level: Logger.Level, _ message: String, _ job: Job, _ error: any Error) {
    let type = job.unit.cause?.type ?? ""
    core.trouble.log(
      level, message, of: "\(type) \(RepeatedTrouble.kind(error))",
      [
        "type": "\(type)", "id": "\(job.unit.cause?.id.text ?? "")", "deliveries": "\(job.entry.deliveries)",
        "error": "\(error)",
      ])
  }

  /// Short waits stay in the broker, as leases; longer ones in Postgres, from where `ParkedRunner` takes them.
  private func retry(_ job: Job, _ wait: Wait, _ reason: String, isAttempt: Bool) async throws {
    let time = wait.time(from: Date(milliseconds: core.health.brokerMilliseconds))
    guard time > timing.lease, let cause = job.unit.cause else {
      return try await release(job.entry, after: time, isAttempt: isAttempt)
    }
    let options = link.options
    let attempts = isAttempt ? job.entry.deliveries : job.entry.deliveries - 1
    do {
      try await core.pool.transaction { session in
        try ParkedStore.park(
          cause, topic: options.topic.name, partition: options.partition, attempts: attempts, wait: wait,
          reason: reason, in: session)
      }
    } catch let error as PostgresError where error.code == .encoding {
      // A foreign entry may hold what Postgres never stores, a NUL character: it can wait nowhere for so long.
      return try await bury(job.entry, "permanent", "\(reason); it cannot be parked: \(error)")
    }
    try await acknowledge([job.entry.id])
    core.metrics.counter("energy_bus_parked_total", labels: labels).increment()
  }

  func release(_ entry: Delivery, after wanted: Duration, isAttempt: Bool) async throws {
    let delay = max(.zero, min(wanted, timing.lease))
    settle([entry.id])
    try await link.release([entry.id], after: delay, isAttempt: isAttempt)
    rest(entry.id, for: delay)
    core.metrics.counter("energy_bus_retried_total", labels: labels).increment()
  }

  func bury(_ entry: Delivery, _ reason: String, _ detail: String) async throws {
    settle([entry.id])
    guard try await link.bury(entry, reason: reason, detail: detail) else { return }
    core.metrics.counter("energy_bus_dead_total", labels: labels + [("reason", reason)]).increment()
    logger.error(
      "dead letter",
      metadata: [
        "stream": "\(link.options.stream)", "entry": "\(entry.id)", "reason": "\(reason)", "detail": "\(detail)",
      ])
  }
}
