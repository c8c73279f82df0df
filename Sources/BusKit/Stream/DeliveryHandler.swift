import Foundation
import Logging
import Postgres
import Synchronization

/// Handles deliveries of one partition: a batch in one transaction, each alone when that fails; acknowledges after the
/// commit, hands back what is to be tried again, buries what never will work.
///
/// Only what the handling itself throws is held against a message. That Redis or Postgres is away is nobody's attempt:
/// it is thrown on, and what is left is found again as this consumer's own.
final class DeliveryHandler: Sendable {
  private typealias Work = (entry: Delivery, unit: PreparedUnit)

  private struct State {
    var inFlight: Set<String> = []
    /// Handed back with a delay, until then.
    var resting: [String: ContinuousClock.Instant] = [:]
  }

  /// Connections that a unit may lose while Postgres answers everybody else, before that is the unit's own fault.
  private static let lossesMax = 3
  /// More than this are not remembered: they are only tried a little early after a failure.
  private static let restingMax = 10_000
  /// How long a message of an unknown type rests before it is looked at again.
  private static let unknownPause: Duration = .seconds(5)

  private let link: any BrokerSubscription
  private let handlers: [String: MessageHandler]
  private let core: BusCore
  private let timing: BusTiming
  private let labels: MetricsRegistry.Labels
  private let state = Mutex(State())

  init(link: any BrokerSubscription, handlers: [String: MessageHandler], core: BusCore, labels: MetricsRegistry.Labels) {
    self.link = link
    self.handlers = handlers
    self.core = core
    self.timing = core.timing
    self.labels = labels
  }

  private var logger: Logger { core.logger }

  func handle(_ entries: [Delivery]) async throws {
    state.withLock { state in
      for entry in entries {
        state.inFlight.insert(entry.id)
        state.resting[entry.id] = nil
      }
    }
    defer { state.withLock { $0.inFlight.subtract(entries.map(\.id)) } }
    var works: [Work] = []
    for entry in entries {
      if let unit = try await prepare(entry) { works.append((entry, unit)) }
    }
    guard !works.isEmpty else { return }
    let start = ContinuousClock.now
    do {
      if works.count > 1, try await handleTogether(works) { works = [] }
      for work in works { try await handleAlone(work) }
    } catch is BusCore.Interrupted {
      // Draining without Postgres: others may have them at once, without an attempt counted here.
      try await link.release(entries.map(\.id), after: .zero, isAttempt: false)
      return
    }
    let seconds = Double((ContinuousClock.now - start).milliseconds) / 1000
    core.metrics.histogram("energy_bus_batch_seconds", labels: labels).observe(seconds)
  }

  /// Renews the leases of what is being handled.
  func renewLeases() async throws {
    let ids = state.withLock { Array($0.inFlight) }
    guard !ids.isEmpty else { return }
    let lost = Set(ids).subtracting(try await link.extend(ids))
    // What has been acknowledged meanwhile is not lost.
    let missing = state.withLock { $0.inFlight.intersection(lost) }
    guard !missing.isEmpty else { return }
    core.metrics.counter("energy_bus_leases_lost_total", labels: labels).increment(by: missing.count)
    logger.warning("leases are gone; the inbox keeps the effect single", metadata: ["ids": "\(missing.sorted())"])
  }

  /// Whether a delivery was handed back by this process and its time has not come.
  func isResting(_ id: String) -> Bool {
    state.withLock { $0.resting[id].map { $0 > .now } ?? false }
  }

  func lost(_ id: String) {
    core.metrics.counter("energy_bus_lost_total", labels: labels).increment()
    logger.critical("a delivery was lost: trimmed while pending", metadata: ["stream": "\(link.options.stream)", "entry": "\(id)"])
  }

  // MARK: - Units

  /// False when the batch failed, and with that nothing of it has happened: each is to run alone.
  private func handleTogether(_ works: [Work]) async throws -> Bool {
    let result: UnitRunner.BatchResult
    do {
      result = try await attempt(works.map(\.unit))
    } catch {
      try rethrowIfInterrupted(error)
      logger.debug("a batch failed; each is run alone", metadata: ["stream": "\(link.options.stream)", "error": "\(error)"])
      return false
    }
    count(result)
    try await link.acknowledge(works.map(\.entry.id))
    return true
  }

  private func handleAlone(_ work: Work) async throws {
    let result: UnitRunner.BatchResult
    do {
      result = try await attempt([work.unit])
    } catch {
      try rethrowIfInterrupted(error)
      return try await fail(work, error)
    }
    count(result)
    try await link.acknowledge([work.entry.id])
  }

  private func rethrowIfInterrupted(_ error: any Error) throws {
    if error is BusCore.Interrupted || Task.isCancelled { throw error }
    if let error = error as? PostgresError, error.code == .closed { throw error }
  }

  /// Runs units in one transaction. While Postgres is away it waits, with the leases renewed: an outage is nobody's
  /// attempt, and a commit without an answer is settled by the inbox when the batch runs again.
  private func attempt(_ units: [PreparedUnit]) async throws -> UnitRunner.BatchResult {
    var losses = 0
    while true {
      do {
        return try await core.runner.batch(units)
      } catch let error as PostgresError where error.isOutage {
        if !error.isRefusalOfEverybody { losses += 1 }
        if losses > Self.lossesMax { throw error }
        logger.warning("Postgres is away; the batch waits", metadata: ["error": "\(error)"])
        try await core.untilPostgresAnswers()
      }
    }
  }

  private func count(_ result: UnitRunner.BatchResult) {
    core.metrics.counter("energy_bus_handled_total", labels: labels).increment(by: result.handled)
    core.metrics.counter("energy_bus_duplicates_total", labels: labels).increment(by: result.duplicates)
  }

  /// Decodes an entry, or deals with it at once and returns nil.
  private func prepare(_ entry: Delivery) async throws -> PreparedUnit? {
    if entry.isLost {
      lost(entry.id)
      try await link.acknowledge([entry.id])
      return nil
    }
    // Before anything of it is read: reading it may be what kills the process.
    if entry.deliveries > timing.attemptsMax {
      try await bury(entry, "attempts", "delivered \(entry.deliveries) times without success")
      return nil
    }
    let envelope: Envelope
    do { envelope = try entry.envelope() } catch {
      try await bury(entry, "undecodable", "\(error)")
      return nil
    }
    let age = Duration.milliseconds(max(0, core.health.brokerMilliseconds - entry.milliseconds))
    if age > timing.inboxRetention {
      try await bury(entry, "too_old", "\(age.milliseconds / 1000) s old")
      return nil
    }
    guard let handler = handlers[envelope.type], handler.version >= envelope.version else {
      try await postpone(unknown: envelope, entry, age)
      return nil
    }
    do { return try handler.prepare(envelope) } catch {
      try await bury(entry, "undecodable", "\(error)")
      return nil
    }
  }

  /// A newer producer's message: its reader comes with the next release. Being handed back is no attempt.
  private func postpone(unknown envelope: Envelope, _ entry: Delivery, _ age: Duration) async throws {
    if age > timing.unknownGrace {
      try await bury(entry, "unknown_type", "\(envelope.type) version \(envelope.version)")
    } else {
      logger.notice("not yet known; handed back", metadata: ["type": "\(envelope.type)"])
      try await release(entry, after: Self.unknownPause, isAttempt: false)
    }
  }

  // MARK: - Failures

  private func fail(_ work: Work, _ error: any Error) async throws {
    let entry = work.entry
    var log = logger
    log[metadataKey: "type"] = "\(work.unit.cause?.type ?? "")"
    log[metadataKey: "id"] = "\(work.unit.cause?.id.text ?? "")"
    log[metadataKey: "error"] = "\(error)"
    core.metrics.counter("energy_bus_failed_total", labels: labels).increment()
    switch error {
    case is InvariantViolation, is UnitRunner.IdentityConflict, is DecodingFailure:
      log.critical("the message breaks an invariant")
      try await bury(entry, "invariant", "\(error)")
    default:
      if entry.deliveries >= timing.attemptsMax {
        log.error("the message is given up")
        try await bury(entry, "attempts", "\(error)")
      } else {
        log.warning("the message will be tried again", metadata: ["deliveries": "\(entry.deliveries)"])
        try await release(entry, after: (error as? TransientFailure)?.delay)
      }
    }
  }

  private func release(_ entry: Delivery, after: Duration? = nil, isAttempt: Bool = true) async throws {
    let wanted = after ?? Backoff(first: .milliseconds(100), factor: 4, most: timing.lease).delay(
      attempt: entry.deliveries, random: .random(in: 0..<1))
    let delay = max(.zero, min(wanted, timing.lease))
    try await link.release([entry.id], after: delay, isAttempt: isAttempt)
    state.withLock { state in
      if state.resting.count >= Self.restingMax { state.resting = [:] }
      state.resting[entry.id] = .now + delay
    }
    core.metrics.counter("energy_bus_retried_total", labels: labels).increment()
  }

  private func bury(_ entry: Delivery, _ reason: String, _ detail: String) async throws {
    guard try await link.bury(entry, reason: reason, detail: detail) else { return }
    core.metrics.counter("energy_bus_dead_total", labels: labels + [("reason", reason)]).increment()
    logger.error(
      "dead letter", metadata: ["stream": "\(link.options.stream)", "entry": "\(entry.id)", "reason": "\(reason)", "detail": "\(detail)"])
  }
}
