import Logging
import Synchronization

/// Depth and age of everything that can pile up, for `/metrics`: the topics that a service reads or writes, and its own
/// tables. Every replica reports the same values; take the greatest.
final class BusGauges: Sendable {
  /// However often somebody asks: Redis and Postgres are looked at this often.
  private static let interval: Duration = .seconds(5)
  /// A server that is silent must not hold up what else there is to tell.
  static let limit: Duration = .seconds(2)
  private static let ofBroker = [
    "energy_bus_stream_length", "energy_bus_stream_bytes", "energy_bus_stream_oldest_seconds",
    "energy_bus_dead_letters", "energy_bus_lag", "energy_bus_pending", "energy_bus_oldest_pending_seconds",
    "energy_bus_consumers",
  ]
  private static let ofStore = [
    "energy_bus_outbox_unsent", "energy_bus_outbox_oldest_seconds", "energy_bus_outbox_delayed",
    "energy_bus_outbox_without_day", "energy_bus_resending", "energy_bus_parked",
    "energy_bus_parked_oldest_seconds", "energy_bus_inbox_rows", "energy_bus_effects",
    "energy_bus_effects_oldest_seconds", "energy_bus_effects_late_seconds",
  ]

  private let core: BusCore
  private let topics: [Topic]
  private let next = Mutex(ContinuousClock.now)

  init(_ service: Service, core: BusCore) {
    self.core = core
    var topics = service.topics
    for topic in service.publishedTopics where !topics.contains(topic) { topics.append(topic) }
    self.topics = topics.filter { !$0.isTransient }
  }

  /// Looks again if it is time to. What cannot be looked at is left out: no value is better than a stale one.
  func refresh() async {
    let isDue = next.withLock { next in
      guard next <= .now else { return false }
      next = .now + Self.interval
      return true
    }
    guard isDue else { return }
    await attempt("the broker's", Self.ofBroker) { [self] in
      let states = try await waiting(atMost: Self.limit) { try await self.states() }
      return { for (topic, partitions) in states { self.show(topic, partitions) } }
    }
    await attempt("Postgres'", Self.ofStore) { [self] in
      let pool = core.pool
      let figures = try await waiting(atMost: Self.limit) {
        try await pool.withSession(OperateStore.figures)
      }
      return { self.show(figures) }
    }
  }

  private func attempt(_ whose: String, _ names: [String], _ look: () async throws -> () -> Void) async {
    do {
      let show = try await look()
      for name in names { core.metrics.clear(name) }
      show()
    } catch {
      for name in names { core.metrics.clear(name) }
      core.logger.notice("\(whose) gauges are left out", metadata: ["error": "\(error)"])
    }
  }

  // MARK: - The broker's

  private func states() async throws -> [(Topic, [PartitionState])] {
    var states: [(Topic, [PartitionState])] = []
    for topic in topics { states.append((topic, try await core.broker.state(of: topic))) }
    return states
  }

  private func show(_ topic: Topic, _ partitions: [PartitionState]) {
    let labels = [("topic", topic.name)]
    set("energy_bus_stream_length", labels, Double(partitions.reduce(0) { $0 + $1.length }))
    let bytes = partitions.compactMap(\.bytes)
    if !bytes.isEmpty { set("energy_bus_stream_bytes", labels, Double(bytes.reduce(0, +))) }
    set("energy_bus_stream_oldest_seconds", labels, seconds(partitions.compactMap(\.oldestMilliseconds).max()))
    set("energy_bus_dead_letters", labels, Double(partitions.reduce(0) { $0 + $1.dead }))
    for (name, groups) in Dictionary(grouping: partitions.flatMap(\.groups), by: \.name) {
      let labels = [("topic", topic.name), ("group", name)]
      let lags = groups.compactMap(\.lag)
      // Of a partition without one it is not known, and then the sum is not.
      if lags.count == groups.count { set("energy_bus_lag", labels, Double(lags.reduce(0, +))) }
      set("energy_bus_pending", labels, Double(groups.reduce(0) { $0 + $1.pending }))
      set("energy_bus_oldest_pending_seconds", labels, seconds(groups.compactMap(\.oldestPendingMilliseconds).max()))
      set("energy_bus_consumers", labels, Double(Set(groups.flatMap(\.consumers).map(\.name)).count))
    }
  }

  // MARK: - Postgres'

  private func show(_ figures: StoreFigures) {
    set("energy_bus_outbox_unsent", [], Double(figures.outbox.count))
    set("energy_bus_outbox_oldest_seconds", [], figures.outbox.oldestSeconds)
    set("energy_bus_outbox_delayed", [], Double(figures.delayed))
    set("energy_bus_outbox_without_day", [], Double(figures.withoutDay))
    set("energy_bus_resending", [], figures.isResending ? 1 : 0)
    set("energy_bus_parked", [], Double(figures.parked.count))
    set("energy_bus_parked_oldest_seconds", [], figures.parked.oldestSeconds)
    set("energy_bus_inbox_rows", [], Double(figures.inboxRows))
    for effect in figures.effects {
      let labels = [("kind", effect.kind), ("state", effect.state)]
      set("energy_bus_effects", labels, Double(effect.count))
      set("energy_bus_effects_oldest_seconds", labels, effect.oldestSeconds)
      set("energy_bus_effects_late_seconds", labels, effect.lateSeconds)
    }
  }

  private func set(_ name: String, _ labels: MetricsRegistry.Labels, _ value: Double) {
    core.metrics.gauge(name, labels: labels).set(value)
  }

  private func seconds(_ milliseconds: Int64?) -> Double { Double(milliseconds ?? 0) / 1000 }
}
