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
    switch FailureKind(handling: error) {
    case .permanent(let reason):
      log.log(
        level: reason.isIncident ? .critical : .error, "the message cannot succeed", metadata: ["reason": "\(reason)"])
      try await bury(entry, reason.rawValue, "\(error)")
    case .throttled(let wait):
      tellRetry(.notice, "the message will be tried again when it may be", job, error)
      try await retry(job, wait, "\(error)", isAttempt: false)
    case .transient(let delay):
      if entry.deliveries >= timing.attemptsMax {
        log.error("the message is given up")
        try await bury(entry, "attempts", "\(error)")
      } else {
        tellRetry(.warning, "the message will be tried again", job, error)
        let usual = timing.backoff.delay(attempt: entry.deliveries, random: .random(in: 0..<1))
        try await retry(job, .after(delay ?? usual), "\(error)", isAttempt: true)
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

  /// Short waits stay in the broker, as leases; longer ones in Postgres, from where `ParkedRunner` takes them. So do
  /// short ones that count as no attempt when they have gone on for long: there they are counted.
  private func retry(_ job: Job, _ wait: Wait, _ reason: String, isAttempt: Bool) async throws {
    let now = core.health.brokerMilliseconds
    let time = wait.time(from: Date(milliseconds: now))
    let goesOn = !isAttempt && now - job.entry.milliseconds > timing.retryMost.milliseconds
    guard time > timing.lease || goesOn, let cause = job.unit.cause else {
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
