import Foundation
import Logging
import Synchronization

/// Handles deliveries of one partition without a database: decodes them, calls the handlers of a `Consumer`, and
/// acknowledges, hands back or buries each by what became of it. The next deliveries are read meanwhile.
final class DirectHandler: DeliveryHandling {
  typealias Item = HeldDeliveries.Item

  /// More deliveries that were handed back are not remembered: they are only tried a little early after a failure.
  private static let handedBackMax = 10_000
  private static let unknownPause: Duration = .seconds(5)
  /// Handled messages wait at most this long for their acknowledgement to begin.
  private static let acknowledgeAfter: Duration = .milliseconds(5)
  private static let acknowledgeMax = 500
  /// More than this is a stream of messages.
  private static let streamingPerMillisecond = 5.0
  private static let gatherMax: Duration = .milliseconds(2)

  private let link: any BrokerSubscription
  private let consumer: Consumer
  private let host: any ConsumerHost
  private let labels: MetricsRegistry.Labels
  private let held: HeldDeliveries
  private let acknowledger: DirectAcknowledger
  private let workers = Mutex<[DirectWorker]>([])
  /// Handed back with a delay, until then.
  private let resting = Mutex<[String: ContinuousClock.Instant]>([:])
  private let lastRead = Mutex(ContinuousClock.now)
  private let watch = Mutex<Task<Void, Never>?>(nil)
  /// One that was claimed and waits until nothing else is held: its lease is renewed meanwhile.
  private let suspect = Mutex<(id: String, isLeased: Bool)?>(nil)

  init(link: any BrokerSubscription, consumer: Consumer, host: any ConsumerHost) {
    self.link = link
    self.consumer = consumer
    self.host = host
    labels = [("topic", link.options.topic.name), ("group", link.options.group)]
    held = HeldDeliveries(waitingMax: 2)
    acknowledger = DirectAcknowledger(link: link, host: host, held: held, labels: labels)
  }

  private var options: ConsumerOptions { consumer.options }
  /// So many batches may be held before the next is read.
  private var heldMax: Int { max(1, options.concurrency) + 8 }

  /// Begins to work. Ends with `finish`.
  func start() {
    for _ in 0..<max(1, options.concurrency) { startWorker([]) }
    let tick = max(.milliseconds(20), min(.seconds(1), options.handlerMax / 4))
    watch.withLock { watch in
      watch = Task { [weak self] in
        while !Task.isCancelled {
          do { try await Task.sleep(for: tick) } catch { return }
          await self?.replaceOverdueWorkers()
          self?.held.look()
        }
      }
    }
  }

  // MARK: - DeliveryHandling

  func handle(_ entries: [Delivery]) async throws {
    // Held from here on: while it waits for the handler, its leases are renewed.
    held.add(try await prepare(entries))
    try await gather(after: entries.count)
    // What waits and what runs are bounded, and so is what the broker does not let us acknowledge.
    await held.room(heldMax: heldMax) { [host] in host.isDraining }
  }

  /// Many messages that come in many small reads cost several times as much as in a few large ones: while they stream
  /// in, the next read waits a moment. A message that comes alone is never held up by this.
  private func gather(after count: Int) async throws {
    let now = ContinuousClock.now
    let since = lastRead.withLock { last in
      defer { last = now }
      return last.duration(to: now) / .milliseconds(1)
    }
    guard count > 1, count < options.batchMax / 4 else { return }
    let perMillisecond = Double(count) / max(0.05, since)
    guard perMillisecond > Self.streamingPerMillisecond else { return }
    try await Task.sleep(for: min(Self.gatherMax, .milliseconds(Double(options.batchMax) / 2 / perMillisecond)))
  }

  func handle(suspect entry: Delivery) async throws {
    suspect.withLock { $0 = (entry.id, true) }
    await held.emptied { [host] in host.isDraining }
    let isLeased = suspect.withLock { suspect in
      defer { suspect = nil }
      return suspect?.isLeased ?? false
    }
    guard isLeased else { return }
    if host.isDraining { return try await link.release([entry.id], after: .zero, isAttempt: false) }
    held.add(try await prepare([entry]))
    await held.emptied { [host] in host.isDraining }
  }

  func renewLeases() async throws {
    let young = ContinuousClock.now - options.lease / 6
    let batches = held.batches.filter { $0.since < young }
    let ids = batches.flatMap(\.leased) + (suspect.withLock { $0.map { [$0.id] } } ?? [])
    // A script holds the broker up for everybody while it runs.
    for start in stride(from: 0, to: ids.count, by: 500) {
      let chunk = Array(ids[start..<min(ids.count, start + 500)])
      let gone = Set(chunk).subtracting(try await link.extend(chunk))
      guard !gone.isEmpty else { continue }
      suspect.withLock { if let id = $0?.id, gone.contains(id) { $0?.isLeased = false } }
      let lost = batches.reduce(0) { $0 + $1.lose(gone) }
      guard lost > 0 else { continue }
      host.metrics.counter("energy_bus_leases_lost_total", labels: labels).increment(by: lost)
      host.logger.warning(
        "leases are gone: another handles these; what has not begun here does not", metadata: ["count": "\(lost)"])
    }
  }

  func isResting(_ id: String) -> Bool {
    resting.withLock { $0[id].map { $0 > .now } ?? false } || held.contains(id)
  }

  var restingMax: Int { Self.handedBackMax + heldMax * options.batchMax }

  func lost(_ id: String) {
    host.metrics.counter("energy_bus_lost_total", labels: labels).increment()
    host.logger.critical(
      "a delivery was lost: trimmed while pending", metadata: ["stream": "\(link.options.stream)", "entry": "\(id)"])
  }

  /// Lets what has begun end, and hands back the rest when that takes too long.
  func finish() async {
    held.close(isAbandoning: false)
    let deadline = Task {
      try await Task.sleep(for: self.options.drainMax)
      await self.handBack()
    }
    await held.emptied()
    deadline.cancel()
    acknowledger.close()
    watch.withLock { $0 }?.cancel()
  }

  private func handBack() async {
    held.close(isAbandoning: true)
    var done = acknowledger.close().map(\.entry.delivery.id)
    for worker in workers.withLock({ $0 }) {
      done += worker.retire().map(\.entry.delivery.id)
      worker.cancel()
    }
    let batches = held.batches
    let rest = Set(batches.flatMap(\.held)).subtracting(done)
    host.logger.warning("what does not end is handed back", metadata: ["count": "\(rest.count)"])
    do {
      try await link.acknowledge(done)
      try await link.release(Array(rest), after: .zero, isAttempt: false)
    } catch {
      host.logger.debug("the leases run out by themselves", metadata: ["error": "\(error)"])
    }
    for batch in batches { held.settle(batch.entries.indices.map { Item(batch: batch, place: $0) }) }
  }

  // MARK: - Before the handler

  /// Those that can be handled; the others are dealt with at once.
  private func prepare(_ entries: [Delivery]) async throws -> [HeldDeliveries.Entry] {
    var ready: [HeldDeliveries.Entry] = []
    ready.reserveCapacity(entries.count)
    for delivery in entries {
      if delivery.isLost {
        lost(delivery.id)
        try await link.acknowledge([delivery.id])
      } else if delivery.deliveries > options.attemptsMax {
        // Before anything of it is read: reading it may be what kills the process.
        try await bury(delivery, "attempts", "delivered \(delivery.deliveries) times without success")
      } else {
        let envelope: Envelope
        do { envelope = try delivery.envelope() } catch {
          try await bury(delivery, "undecodable", "\(error)")
          continue
        }
        if let route = consumer.routes[envelope.type], route.version >= envelope.version {
          ready.append(HeldDeliveries.Entry(delivery: delivery, envelope: envelope, route: route))
        } else {
          try await postpone(unknown: envelope, delivery)
        }
      }
    }
    return ready
  }

  /// A newer producer's message: its reader comes with the next release. Being handed back is no attempt.
  private func postpone(unknown envelope: Envelope, _ delivery: Delivery) async throws {
    let age = Duration.milliseconds(max(0, host.health.brokerMilliseconds - delivery.milliseconds))
    if age > options.unknownGrace {
      try await bury(delivery, "unknown_type", "\(envelope.type) version \(envelope.version)")
    } else {
      host.trouble.log(.notice, "not yet known; handed back", of: envelope.type, ["type": "\(envelope.type)"])
      try await release(delivery, after: Self.unknownPause, isAttempt: false)
    }
  }

  // MARK: - Workers

  private func startWorker(_ items: [Item]) {
    let worker = DirectWorker()
    workers.withLock { $0.append(worker) }
    worker.run { await self.work(worker, items) }
  }

  private func work(_ worker: DirectWorker, _ first: [Item]) async {
    var items = first
    while true {
      if items.isEmpty {
        guard let next = await held.next(each: options.concurrency > 1 ? 1 : .max) else { break }
        items = leased(next)
        if items.isEmpty { continue }
      }
      worker.take(items)
      guard await call(worker, items) else { return }
      items = []
    }
    workers.withLock { workers in workers.removeAll { $0 === worker } }
  }

  /// Those that are still this consumer's; another handles the rest.
  private func leased(_ items: [Item]) -> [Item] {
    let leased = items[0].batch.leased(items)
    if leased.count < items.count { held.settle(items.filter { !$0.isLeased }) }
    return leased
  }

  /// Handles items of one type. False: it took too long, and the worker has been replaced.
  private func call(_ worker: DirectWorker, _ items: [Item]) async -> Bool {
    switch items[0].entry.route.work {
    case .batch(let body):
      guard worker.begin(items.count) else { return false }
      var failures: [Int: any Error] = [:]
      do {
        failures = try await body(items.map(\.entry.envelope))
      } catch {
        for place in items.indices { failures[place] = error }
      }
      guard worker.end(isDone: false) else { return false }
      acknowledger.acknowledge(
        failures.isEmpty ? items : items.indices.filter { failures[$0] == nil }.map { items[$0] })
      for (place, error) in failures { await fail(items[place], error) }
      return true
    case .each(let body): return await callEach(worker, items, body)
    }
  }

  private func callEach(
    _ worker: DirectWorker, _ items: [Item], _ body: @Sendable (Envelope) async throws -> Void
  ) async -> Bool {
    for item in items {
      guard item.isLeased else {
        held.settle([item])
        guard worker.skip() else { return false }
        continue
      }
      guard worker.begin(1) else { return false }
      var failure: (any Error)?
      do { try await body(item.entry.envelope) } catch { failure = error }
      guard worker.end(isDone: failure == nil) else { return false }
      if let failure { await fail(item, failure) }
      acknowledger.acknowledge(worker.takeDone(count: Self.acknowledgeMax, age: Self.acknowledgeAfter))
    }
    acknowledger.acknowledge(worker.takeDone())
    return true
  }

  private func replaceOverdueWorkers() async {
    for worker in workers.withLock({ $0 }) {
      acknowledger.acknowledge(worker.takeDone(count: 1))
      guard let (overdue, rest) = worker.abandon(after: options.handlerMax) else { continue }
      workers.withLock { workers in workers.removeAll { $0 === worker } }
      worker.cancel()
      startWorker(rest)
      host.metrics.counter("energy_bus_overdue_total", labels: labels).increment(by: overdue.count)
      for item in overdue {
        await fail(item, TransientFailure("the handler was not back after \(options.handlerMax.milliseconds) ms"))
      }
    }
  }

  // MARK: - Failures

  private func fail(_ item: Item, _ error: any Error) async {
    let delivery = item.entry.delivery
    // Renewed after it was handed back, it would rest for a whole lease.
    item.endLease()
    host.metrics.counter("energy_bus_failed_total", labels: labels).increment()
    host.trouble.log(
      .warning, "a message failed", of: "\(item.entry.envelope.type) \(RepeatedTrouble.kind(error))",
      [
        "type": "\(item.entry.envelope.type)", "id": "\(item.entry.envelope.id.text)",
        "deliveries": "\(delivery.deliveries)", "error": "\(error)",
      ])
    do {
      switch error {
      case is DecodingFailure: try await bury(delivery, "undecodable", "\(error)")
      case is InvariantViolation: try await bury(delivery, "invariant", "\(error)")
      case is PermanentFailure: try await bury(delivery, "permanent", "\(error)")
      case let error as Throttled:
        try await release(
          delivery, after: error.wait.time(from: Date(milliseconds: host.health.brokerMilliseconds)), isAttempt: false)
      default:
        if delivery.deliveries >= options.attemptsMax {
          try await bury(delivery, "attempts", "\(error)")
        } else {
          let usual = options.backoff.delay(attempt: delivery.deliveries, random: .random(in: 0..<1))
          try await release(delivery, after: (error as? TransientFailure)?.delay ?? usual)
        }
      }
    } catch {
      // It stays this consumer's, and is found again when its lease has run out.
      host.logger.warning(
        "a failed message waits for its lease", metadata: ["entry": "\(delivery.id)", "error": "\(error)"])
    }
    held.settle([item])
  }

  private func release(_ delivery: Delivery, after wanted: Duration, isAttempt: Bool = true) async throws {
    let delay = max(.zero, min(wanted, options.lease))
    resting.withLock { resting in
      if resting.count >= Self.handedBackMax { resting = [:] }
      resting[delivery.id] = .now + delay
    }
    try await link.release([delivery.id], after: delay, isAttempt: isAttempt)
    host.metrics.counter("energy_bus_retried_total", labels: labels).increment()
  }

  private func bury(_ delivery: Delivery, _ reason: String, _ detail: String) async throws {
    guard try await link.bury(delivery, reason: reason, detail: detail) else { return }
    host.metrics.counter("energy_bus_dead_total", labels: labels + [("reason", reason)]).increment()
    host.logger.error(
      "dead letter",
      metadata: [
        "stream": "\(link.options.stream)", "entry": "\(delivery.id)", "reason": "\(reason)", "detail": "\(detail)",
      ])
  }
}
