import Foundation
import Logging
import Synchronization

/// Consumes one partition of a topic for its group: reads, hands over to `DeliveryHandler`, takes over what others left
/// behind. All of it is one loop, so that nothing of this partition runs beside anything else of it here.
final class StreamConsumer: Sendable {
  let link: any BrokerSubscription
  private let handler: any DeliveryHandling
  private let timing: BusTiming
  private let core: any ConsumerHost
  private let labels: MetricsRegistry.Labels
  /// So many deliveries of others are taken over in one go; the next sweep takes the next.
  private static let foreignMax = 200

  init(link: any BrokerSubscription, core: any ConsumerHost, handler: any DeliveryHandling) {
    self.link = link
    self.timing = core.timing
    self.core = core
    self.handler = handler
    labels = Self.labels(of: link)
  }

  convenience init(link: any BrokerSubscription, handlers: [String: MessageHandler], core: BusCore) {
    let handler = DeliveryHandler(link: link, handlers: handlers, core: core, labels: Self.labels(of: link))
    self.init(link: link, core: core, handler: handler)
  }

  private static func labels(of link: any BrokerSubscription) -> MetricsRegistry.Labels {
    [("topic", link.options.topic.name), ("group", link.options.group)]
  }

  private var logger: Logger { core.logger }
  /// A consumer without sign of life that holds nothing is forgotten after this: a minute, usually.
  private var forgetAfter: Duration { timing.alive * 12 }

  /// What the loop carries from one round to the next.
  private struct Progress {
    /// Handled, and not yet known to be acknowledged.
    var done: [String] = []
    var pause: ReadPause
    /// The reader's connection for which the group is known to exist; nil: look.
    var generation: Int?
    /// Whether this consumer may hold deliveries that nobody works on: a reply got lost, or a round failed half-way.
    var hasLeftovers = false
    var failures = 0
    var nextSweep = ContinuousClock.now
  }

  /// Runs until the service drains; then removes its consumer, which by then holds nothing.
  func run() async {
    var progress = Progress(pause: ReadPause(batchMax: timing.batchMax))
    while !core.isDraining {
      do {
        try await round(&progress)
        progress.failures = 0
      } catch let error as StreamLost {
        core.metrics.counter("energy_bus_groups_recreated_total", labels: labels).increment()
        logger.warning("the stream lost its group", metadata: ["stream": "\(link.options.stream)", "error": "\(error)"])
        progress.generation = nil
        progress.failures += 1
        // What was acknowledged in a stream that is gone needs it no more.
        progress.done = []
      } catch {
        if core.isDraining { break }
        progress.hasLeftovers = true
        progress.failures += 1
        logger.warning("consuming paused", metadata: ["stream": "\(link.options.stream)", "error": "\(error)"])
      }
      if progress.failures > 0 {
        await core.pause(Backoff(first: .milliseconds(50), most: .seconds(2)), progress.failures)
      }
    }
    await handler.finish()
    await leave(&progress)
  }

  private func round(_ progress: inout Progress) async throws {
    if progress.generation == nil {
      try await link.ensure()
      progress.generation = link.generation
    }
    // While it waits others might take these over.
    if core.health.postgresDownFor != nil { try await acknowledge(&progress) }
    await core.untilReady()
    if core.isDraining { return }
    if progress.hasLeftovers {
      try await acknowledge(&progress)
      try await takeOver(of: link.options.consumer)
      progress.hasLeftovers = false
    }
    if handler.gathersReads, progress.pause.time > .zero { try await Task.sleep(for: progress.pause.time) }
    let entries = try await link.read(limit: timing.batchMax, wait: timing.readBlock, done: progress.done)
    progress.done = []
    if link.generation != progress.generation {
      // The first read opens the connection; another one means that a reply may have got lost with the one before.
      progress.hasLeftovers = progress.generation ?? 0 > 0
      progress.generation = link.generation
    }
    let begin = ContinuousClock.now
    if !entries.isEmpty {
      // Of a batch that fails half-way, the first half is done.
      defer { progress.done += handler.takeDone() }
      try await handler.handle(entries)
    }
    progress.pause.note(entries.count, from: begin, to: .now)
    if ContinuousClock.now >= progress.nextSweep {
      try await acknowledge(&progress)
      try await sweep()
      progress.nextSweep = .now + timing.sweep * Double.random(in: 0.8...1.2)
    }
  }

  /// Renews the leases of what is being handled. Called every third of a lease.
  func heartbeat() async throws { try await handler.renewLeases() }

  /// At once, and not with the next read: it may not come soon, or what comes first must not meet these again.
  private func acknowledge(_ progress: inout Progress) async throws {
    guard !progress.done.isEmpty else { return }
    try await link.acknowledge(progress.done)
    progress.done = []
  }

  private func leave(_ progress: inout Progress) async {
    do {
      try await acknowledge(&progress)
      try await link.remove(consumer: link.options.consumer)
    } catch {
      logger.debug("the consumer stays listed", metadata: ["stream": "\(link.options.stream)", "error": "\(error)"])
    }
  }

  // MARK: - Taking over

  /// Claims what dead consumers hold at once, what living ones hold when its lease has run out, and trims.
  private func sweep() async throws {
    if core.health.brokerIsSettled(for: timing.alive) {
      for consumer in try await link.consumers() where consumer.name != link.options.consumer {
        if try await core.isAlive(consumer.name) { continue }
        if consumer.pending > 0 {
          try await takeOver(of: consumer.name)
        } else if consumer.idleMilliseconds > forgetAfter.milliseconds {
          try await link.remove(consumer: consumer.name)
        }
      }
    }
    try await takeOver(of: nil)
    _ = try await link.trim(deadAge: timing.inboxRetention)
  }

  /// Claims deliveries one at a time from a random one on, and handles each alone: one that kills the process is buried
  /// after its attempts, its neighbours are not.
  /// - Parameter owner: nil: anybody's whose lease has run out.
  private func takeOver(of owner: String?) async throws {
    // A claimed delivery's idle time begins anew, so of several sweepers one gets it.
    let isOwn = owner == link.options.consumer
    let idle: Duration = owner == nil ? timing.lease : isOwn ? .zero : min(.milliseconds(500), timing.lease)
    // Others find what is one's own only when its lease has run out: what rests must not hide any of it.
    let limit = isOwn ? handler.restingMax + timing.batchMax : Self.foreignMax
    for pending in try await link.pending(idle: idle, of: owner, limit: limit).shuffled() {
      if core.isDraining { return }
      // Also among those whose lease has run out (the broker was away for longer) is what is being handled here.
      if pending.owner == link.options.consumer, handler.isResting(pending.id) { continue }
      // While those before it were handled, another may have taken it from its owner: then it is left to that one.
      switch try await link.claim(pending.id, idle: idle, of: owner) {
      case .mine(let delivery):
        core.metrics.counter("energy_bus_taken_over_total", labels: labels).increment()
        try await handler.handle(suspect: delivery)
      case .lost: handler.lost(pending.id)
      case .gone: continue
      }
    }
  }
}
