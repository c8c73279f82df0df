import Foundation
import Logging
import Postgres
import Synchronization

/// Handles deliveries of one partition: a batch in one transaction, each alone when that fails; acknowledges after the
/// commit, hands back what is to be tried again, buries what never will work.
///
/// Only what the handling itself throws is held against a message. That the broker or Postgres is away is nobody's
/// attempt: it is thrown on, and what is left is found again as this consumer's own.
final class DeliveryHandler: Sendable {
  typealias Job = (entry: Delivery, unit: PreparedUnit)

  /// Another consumer has the delivery by now; what was done for it here is rolled back.
  private struct LeaseLost: Error {}

  private struct State {
    var inFlight: Set<String> = []
    /// Of those in flight, the ones that somebody else has taken over.
    var lost: Set<String> = []
    /// Handled, to be acknowledged with the next read.
    var done: [String] = []
    /// Handed back with a delay, until then.
    var resting: [String: ContinuousClock.Instant] = [:]
  }

  /// More than this are not remembered: they are only tried a little early after a failure.
  let restingMax = 10_000
  /// How long a message of an unknown type rests before it is looked at again.
  private static let unknownPause: Duration = .seconds(5)
  private static let unansweredPause: Duration = .seconds(1)

  let link: any BrokerSubscription
  private let handlers: [String: MessageHandler]
  let core: BusCore
  let timing: BusTiming
  let labels: MetricsRegistry.Labels
  private let state = Mutex(State())

  init(
    link: any BrokerSubscription, handlers: [String: MessageHandler], core: BusCore, labels: MetricsRegistry.Labels
  ) {
    self.link = link
    self.handlers = handlers
    self.core = core
    self.timing = core.timing
    self.labels = labels
  }

  var logger: Logger { core.logger }

  var gathersReads: Bool { true }

  func takeDone() -> [String] {
    state.withLock { state in
      defer { state.done = [] }
      return state.done
    }
  }

  /// New messages: together, beside those of other partitions.
  func handle(_ entries: [Delivery]) async throws {
    try await tracked(entries) { try await self.core.gate.withBatch($0) }
  }

  /// A message that has been delivered before: alone, with nothing else in flight in this process. It is acknowledged
  /// before the next: that may end the process, and this one would count one delivery more.
  func handle(suspect entry: Delivery) async throws {
    try await tracked([entry]) { try await self.core.gate.withSuspect($0) }
    try await acknowledge(takeDone())
  }

  /// Handles entries inside a gate. Their leases are renewed until each has ended, and while they wait for the gate.
  private func tracked(
    _ entries: [Delivery], inside gate: (() async throws -> Void) async throws -> Void
  ) async throws {
    let ids = entries.map(\.id)
    state.withLock { state in
      state.inFlight.formUnion(ids)
      for id in ids { state.resting[id] = nil }
    }
    defer {
      state.withLock { state in
        state.inFlight.subtract(ids)
        state.lost.subtract(ids)
      }
    }
    do {
      try await gate { try await self.handleAll(entries) }
    } catch is BusCore.Interrupted {
      // Draining without Postgres: others may have them at once, without an attempt counted here.
      try await handBack(ids, after: .zero)
    } catch let error as BusCore.Unanswered {
      core.trouble.log(
        .warning, "Postgres is slow; messages are handed back", of: link.options.stream,
        ["stream": "\(link.options.stream)", "error": "\(error)"])
      try await handBack(ids, after: Self.unansweredPause)
    }
  }

  private func handleAll(_ entries: [Delivery]) async throws {
    var (jobs, ignored): ([Job], [String]) = ([], [])
    jobs.reserveCapacity(entries.count)
    for entry in entries {
      switch try await prepare(entry) {
      case .work(let unit): jobs.append((entry, unit))
      case .ignored: ignored.append(entry.id)
      case .settled: break
      }
    }
    if !ignored.isEmpty {
      acknowledgeLater(ignored)
      core.metrics.counter("energy_bus_ignored_total", labels: labels).increment(by: ignored.count)
    }
    guard !jobs.isEmpty else { return }
    if jobs.count > 1, try await handleTogether(jobs) { return }
    for job in jobs {
      guard try await handleAlone(job) else { continue }
      // Of several that failed together, one may end the process.
      if jobs.count > 1 { try await acknowledge([job.entry.id]) } else { acknowledgeLater([job.entry.id]) }
    }
  }

  /// Those that have not ended; that they were delivered is no attempt.
  private func handBack(_ ids: [String], after delay: Duration) async throws {
    let left = state.withLock { state in
      let left = ids.filter { state.inFlight.contains($0) }
      state.inFlight.subtract(left)
      return left
    }
    try await link.release(left, after: delay, isAttempt: false)
    for id in left { rest(id, for: delay) }
  }

  /// What is acknowledged, handed back or buried has no lease to renew: renewed after it was handed back, it would rest
  /// for a whole one.
  func settle(_ ids: [String]) {
    state.withLock { $0.inFlight.subtract(ids) }
  }

  /// Renews the leases of what is being handled.
  func renewLeases() async throws {
    let ids = state.withLock { Array($0.inFlight) }
    guard !ids.isEmpty else { return }
    let lost = Set(ids).subtracting(try await link.extend(ids))
    // What has been acknowledged meanwhile is not lost.
    let missing = state.withLock { state in
      let missing = state.inFlight.intersection(lost).subtracting(state.lost)
      state.lost.formUnion(missing)
      return missing
    }
    guard !missing.isEmpty else { return }
    core.metrics.counter("energy_bus_leases_lost_total", labels: labels).increment(by: missing.count)
    logger.warning("leases are gone; what is not yet committed is discarded", metadata: ["ids": "\(missing.sorted())"])
  }

  /// Whether a delivery was handed back by this process and its time has not come.
  func isResting(_ id: String) -> Bool {
    state.withLock { $0.resting[id].map { $0 > .now } ?? false }
  }

  func lost(_ id: String) {
    core.metrics.counter("energy_bus_lost_total", labels: labels).increment()
    logger.critical(
      "a delivery was lost: trimmed while pending", metadata: ["stream": "\(link.options.stream)", "entry": "\(id)"])
  }

  func rest(_ id: String, for time: Duration) {
    state.withLock { state in
      if state.resting.count >= restingMax { state.resting = [:] }
      state.resting[id] = .now + time
    }
  }

  // MARK: - Units

  /// False when the batch failed, and with that nothing of it has happened: each is to run alone.
  private func handleTogether(_ jobs: [Job]) async throws -> Bool {
    let result: UnitRunner.BatchResult
    do {
      result = try await core.perform(jobs.map(\.unit), topic: link.options.topic.name)
    } catch {
      try rethrowIfInterrupted(error)
      logger.debug(
        "a batch failed; each is run alone", metadata: ["stream": "\(link.options.stream)", "error": "\(error)"])
      return false
    }
    count(result)
    acknowledgeLater(jobs.map(\.entry.id))
    return true
  }

  /// Whether it was handled, and remains to be acknowledged.
  private func handleAlone(_ job: Job) async throws -> Bool {
    let result: UnitRunner.BatchResult
    do {
      result = try await core.perform([job.unit], topic: link.options.topic.name)
    } catch is LeaseLost {
      return false  // Whoever has it now handles it.
    } catch {
      try rethrowIfInterrupted(error)
      try await fail(job, error)
      return false
    }
    count(result)
    return true
  }

  /// With the next read: a round trip of its own would be as long as that of the read.
  private func acknowledgeLater(_ ids: [String]) {
    settle(ids)
    state.withLock { $0.done += ids }
  }

  func acknowledge(_ ids: [String]) async throws {
    settle(ids)
    try await link.acknowledge(ids)
  }

  private func rethrowIfInterrupted(_ error: any Error) throws {
    if core.isInterruption(error) { throw error }
  }

  private func count(_ result: UnitRunner.BatchResult) {
    core.metrics.counter("energy_bus_handled_total", labels: labels).increment(by: result.handled)
    core.metrics.counter("energy_bus_duplicates_total", labels: labels).increment(by: result.duplicates)
  }

  private enum Prepared {
    case work(PreparedUnit)
    /// The service has no use for it: to be acknowledged.
    case ignored
    /// It was dealt with at once.
    case settled
  }

  private func prepare(_ entry: Delivery) async throws -> Prepared {
    if entry.isLost {
      lost(entry.id)
      try await acknowledge([entry.id])
      return .settled
    }
    // Before anything of it is read: reading it may be what kills the process.
    if entry.deliveries > timing.attemptsMax {
      try await bury(entry, "attempts", "delivered \(entry.deliveries) times without success")
      return .settled
    }
    let envelope: Envelope
    do { envelope = try entry.envelope() } catch {
      try await bury(entry, "undecodable", "\(error)")
      return .settled
    }
    let age = Duration.milliseconds(max(0, core.health.brokerMilliseconds - entry.milliseconds))
    if age > timing.inboxRetention {
      try await bury(entry, "too_old", "\(age.milliseconds / 1000) s old")
      return .settled
    }
    guard let handler = handlers[envelope.type], handler.version >= envelope.version else {
      try await postpone(unknown: envelope, entry, age)
      return .settled
    }
    do {
      let unit = try handler.prepare(envelope)
      return unit.isIgnored ? .ignored : .work(guarded(unit, entry.id))
    } catch {
      try await bury(entry, "undecodable", "\(error)")
      return .settled
    }
  }

  /// A unit that rolls back when its lease has been lost meanwhile. What slips through between this look and the commit
  /// is absorbed by the inbox.
  private func guarded(_ unit: PreparedUnit, _ id: String) -> PreparedUnit {
    PreparedUnit(cause: unit.cause, needs: unit.needs) { [self] unitOfWork in
      if state.withLock({ $0.lost.contains(id) }) { throw LeaseLost() }
      try unit.apply(unitOfWork)
    }
  }

  /// A newer producer's message: its reader comes with the next release. Being handed back is no attempt.
  private func postpone(unknown envelope: Envelope, _ entry: Delivery, _ age: Duration) async throws {
    if age > timing.unknownGrace {
      try await bury(entry, "unknown_type", "\(envelope.type) version \(envelope.version)")
    } else {
      core.trouble.log(
        .notice, "not yet known; handed back", of: envelope.type,
        ["type": "\(envelope.type)", "version": "\(envelope.version)"])
      try await release(entry, after: Self.unknownPause, isAttempt: false)
    }
  }
}
