import Foundation
import Logging
import Postgres
import Redis
import Synchronization

/// Consumes one partition of a topic for its group: reads, handles in batches, acknowledges after the commit, takes over what
/// others left behind. All of it is one loop, so that nothing of this partition runs beside anything else of it here.
final class StreamConsumer: Sendable {
  let link: StreamGroup
  private let handlers: [String: MessageHandler]
  private let runner: UnitRunner
  private let timing: BusTiming
  private let core: BusCore
  private let inFlight = Mutex<Set<String>>([])
  private let labels: MetricsRegistry.Labels

  init(link: StreamGroup, handlers: [String: MessageHandler], core: BusCore) {
    self.link = link
    self.handlers = handlers
    self.runner = core.runner
    self.timing = core.timing
    self.core = core
    labels = [("topic", link.topic.name), ("group", link.group)]
  }

  private var logger: Logger { core.logger }

  /// Runs until the service drains; then removes its consumer, which by then holds nothing.
  func run() async {
    let clock = ContinuousClock()
    var nextSweep = clock.now
    var generation = -1
    var ownFirst = false
    var failures = 0
    while !core.isDraining {
      do {
        if link.reader.generation != generation {
          try await link.ensure()
          generation = link.reader.generation
          ownFirst = true
        }
        await core.health.waitForPostgres(orDrain: core)
        if core.isDraining { break }
        if ownFirst {
          // A reply that got lost with a connection left deliveries with us that nobody works on.
          try await takeOver(of: link.consumer)
          ownFirst = false
        }
        let entries = try await link.read(count: timing.batchMax)
        if generation != link.reader.generation {
          // The first read opens the connection.
          ownFirst = generation > 0
          generation = link.reader.generation
        }
        if !entries.isEmpty { try await handle(entries) }
        if clock.now >= nextSweep {
          try await sweep()
          nextSweep = clock.now + timing.sweep * Double.random(in: 0.8...1.2)
        }
        failures = 0
      } catch let error as RedisServerError where ["NOGROUP", "UNBLOCKED"].contains(error.prefix) {
        core.metrics.counter("energy_bus_groups_recreated_total", labels: labels).increment()
        logger.warning("the stream lost its group", metadata: ["stream": "\(link.stream)", "error": "\(error)"])
        generation = -1
        failures += 1
      } catch {
        if core.isDraining || Task.isCancelled { break }
        failures += 1
        logger.warning("consuming paused", metadata: ["stream": "\(link.stream)", "error": "\(error)"])
      }
      if failures > 0 { await core.pause(Backoff(first: .milliseconds(50), most: .seconds(2)), failures) }
    }
    await leave()
  }

  /// Renews the leases of what is being handled. Called every third of a lease.
  func heartbeat() async throws {
    let ids = inFlight.withLock { Array($0) }
    guard !ids.isEmpty else { return }
    let lost = Set(ids).subtracting(try await link.extend(ids))
    // What has been acknowledged meanwhile is not lost.
    let missing = inFlight.withLock { $0.intersection(lost) }
    guard !missing.isEmpty else { return }
    core.metrics.counter("energy_bus_leases_lost_total", labels: labels).increment(by: missing.count)
    logger.warning("leases were lost; the inbox keeps the effect single", metadata: ["ids": "\(missing.sorted())"])
  }

  private func leave() async {
    do {
      try await link.remove(consumer: link.consumer)
    } catch {
      logger.debug("the consumer stays listed", metadata: ["stream": "\(link.stream)", "error": "\(error)"])
    }
  }

  // MARK: - Handling

  private func handle(_ entries: [StreamEntry]) async throws {
    inFlight.withLock { $0.formUnion(entries.map(\.id)) }
    defer { inFlight.withLock { $0.subtract(entries.map(\.id)) } }
    var units: [(entry: StreamEntry, unit: PreparedUnit)] = []
    for entry in entries {
      if let unit = try await prepare(entry) { units.append((entry, unit)) }
    }
    guard !units.isEmpty else { return }
    let start = ContinuousClock().now
    do {
      let result = try await attempt(units.map(\.unit))
      count(result)
      try await link.acknowledge(units.map(\.entry.id))
    } catch {
      if core.isDraining && error is CancellationError { throw error }
      for (entry, unit) in units { try await handleAlone(entry, unit) }
    }
    let seconds = Double((ContinuousClock().now - start).milliseconds) / 1000
    core.metrics.histogram("energy_bus_batch_seconds", labels: labels).observe(seconds)
  }

  private func handleAlone(_ entry: StreamEntry, _ unit: PreparedUnit) async throws {
    do {
      count(try await attempt([unit]))
      try await link.acknowledge([entry.id])
    } catch {
      try await fail(entry, unit, error)
    }
  }

  /// Runs units in one transaction. While Postgres is away it waits, with the leases renewed: an outage is nobody's attempt, and a
  /// commit without an answer is settled by the inbox when the batch runs again.
  private func attempt(_ units: [PreparedUnit]) async throws -> UnitRunner.BatchResult {
    while true {
      do {
        return try await runner.batch(units)
      } catch let error as PostgresError where error.isConnectionLoss || error.code == .commitUnknown {
        logger.warning("Postgres is away; the batch waits", metadata: ["error": "\(error)"])
        await core.pause(Backoff(first: .milliseconds(100), most: .seconds(1)), 1)
        await core.health.waitForPostgres(orDrain: core)
        if core.isDraining { throw error }
      }
    }
  }

  private func count(_ result: UnitRunner.BatchResult) {
    core.metrics.counter("energy_bus_handled_total", labels: labels).increment(by: result.handled)
    core.metrics.counter("energy_bus_duplicates_total", labels: labels).increment(by: result.duplicates)
  }

  /// Decodes an entry, or deals with it at once and returns nil.
  private func prepare(_ entry: StreamEntry) async throws -> PreparedUnit? {
    guard let fields = entry.fields else {
      lost(entry.id)
      try await link.acknowledge([entry.id])
      return nil
    }
    if entry.deliveries > timing.attemptsMax {
      try await bury(entry, "attempts", "delivered \(entry.deliveries) times without success")
      return nil
    }
    do {
      let envelope = try Envelope(wire: fields)
      let age = Duration.milliseconds(max(0, core.health.redisMilliseconds - entry.milliseconds))
      if age > timing.inboxRetention {
        try await bury(entry, "too_old", "\(age.milliseconds / 1000) s old")
        return nil
      }
      guard let handler = handlers[envelope.type], handler.version >= envelope.version else {
        if age > timing.unknownGrace {
          try await bury(entry, "unknown_type", "\(envelope.type) version \(envelope.version)")
        } else {
          logger.notice("not yet known; handed back", metadata: ["type": "\(envelope.type)"])
          try await release(entry)
        }
        return nil
      }
      return try handler.prepare(envelope)
    } catch let failure as DecodingFailure {
      try await bury(entry, "undecodable", "\(failure)")
      return nil
    }
  }

  private func fail(_ entry: StreamEntry, _ unit: PreparedUnit, _ error: any Error) async throws {
    var log = logger
    log[metadataKey: "type"] = "\(unit.cause?.type ?? "")"
    log[metadataKey: "id"] = "\(unit.cause?.id.text ?? "")"
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

  private func release(_ entry: StreamEntry, after: Duration? = nil) async throws {
    let delay = after ?? Backoff(first: .milliseconds(100), factor: 4, most: timing.lease).delay(
      attempt: entry.deliveries, random: .random(in: 0..<1))
    try await link.release([entry.id], idle: timing.lease - min(delay, timing.lease))
    core.metrics.counter("energy_bus_retried_total", labels: labels).increment()
  }

  private func bury(_ entry: StreamEntry, _ reason: String, _ detail: String) async throws {
    guard try await link.bury(entry, reason: reason, detail: detail) else { return }
    core.metrics.counter("energy_bus_dead_total", labels: labels + [("reason", reason)]).increment()
    logger.error(
      "dead letter", metadata: ["stream": "\(link.stream)", "entry": "\(entry.id)", "reason": "\(reason)", "detail": "\(detail)"])
  }

  private func lost(_ id: String) {
    core.metrics.counter("energy_bus_lost_total", labels: labels).increment()
    logger.critical("a delivery was lost: trimmed while pending", metadata: ["stream": "\(link.stream)", "entry": "\(id)"])
  }

  // MARK: - Taking over

  /// Claims what dead consumers hold at once, what living ones hold when its lease has run out, and trims.
  private func sweep() async throws {
    if core.health.redisIsSettled(for: timing.alive) {
      for consumer in try await link.consumers() where consumer.name != link.consumer {
        if try await core.isAlive(consumer.name) { continue }
        if consumer.pending > 0 {
          try await takeOver(of: consumer.name)
        } else if consumer.idleMilliseconds > 60_000 {
          try await link.remove(consumer: consumer.name)
        }
      }
    }
    try await takeOver(of: nil)
    _ = try await link.trim()
  }

  /// Claims deliveries one at a time from a random one on, and handles each alone: one that kills the process is buried after its
  /// attempts, its neighbours are not.
  /// - Parameter owner: nil: anybody's whose lease has run out.
  private func takeOver(of owner: String?) async throws {
    // A claimed delivery's idle time begins anew, so of several sweepers one gets it.
    let idle: Duration = owner == nil ? timing.lease : owner == link.consumer ? .zero : .milliseconds(500)
    for pending in try await link.pending(idle: idle, of: owner, limit: 200).shuffled() {
      if core.isDraining { return }
      guard let entry = try await link.claim(pending, idle: idle) else {
        if try await !link.exists(pending.id) { lost(pending.id) }
        continue
      }
      core.metrics.counter("energy_bus_taken_over_total", labels: labels).increment()
      try await handle([entry])
    }
  }
}
