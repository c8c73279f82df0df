import Foundation
import Logging
import Postgres
import Redis
import Synchronization

/// What the parts of a running service share.
final class BusCore: Sendable {
  let service: String
  let process: String
  let timing: BusTiming
  let pool: PostgresPool
  let broker: any Broker
  /// For services' caches.
  let cache: RedisConnection
  let publisher: Publisher
  let runner: UnitRunner
  /// For units that need not have a transaction of their own: effects' outcomes and steps.
  let group: UnitGroup
  /// The same for others, by name: what holds up one kind holds up no other.
  private let groups = Mutex<[String: UnitGroup]>([:])
  let asker: Asker
  /// When to look for effects, parked messages, and messages that were left behind.
  let effects: Wakes
  let parked: Wakes
  let outbox: Wakes
  let health = BusHealth()
  let gate = SuspectGate()
  let publishedTopics: [Topic]
  let middleware: MiddlewareChain
  let metrics: MetricsRegistry
  let logger: Logger
  /// For trouble that many messages or effects meet at once.
  let trouble: RepeatedTrouble
  private let draining = Drain()

  init(_ service: Service, _ configuration: ServiceConfiguration) {
    self.service = service.name
    process = "\(service.name)@\(ProcessInfo.processInfo.processIdentifier)-\(UUID.v7().text.suffix(12))"
    var timing = configuration.timing
    // Only then has the server ended the stuck transaction, and its locks hold up none of its neighbours.
    timing.handlerMax = max(timing.handlerMax, configuration.postgres.idleInTransactionTimeout * 2)
    self.timing = timing
    logger = configuration.logger
    trouble = RepeatedTrouble(configuration.logger)
    metrics = MetricsRegistry()
    middleware = MiddlewareChain(
      list: [TracingMiddleware(), MetricsMiddleware(metrics), LoggingMiddleware(logger)] + service.middleware)
    pool = PostgresPool(configuration: configuration.postgres, size: configuration.poolSize)
    broker = configuration.broker ?? RedisBroker(configuration.redis)
    cache = RedisConnection(configuration: configuration.redis)
    publishedTopics = service.publishedTopics
    var published: [String: Int] = [:]
    for topic in service.publishedTopics {
      for partition in 0..<topic.partitions { published[topic.streamKey(partition)] = topic.lengthMax }
    }
    publisher = Publisher(
      broker: broker, pool: pool, timing: timing, lengthMax: published, logger: logger, metrics: metrics)
    let effects = Wakes(poll: timing.effectPoll)
    self.effects = effects
    parked = Wakes(poll: timing.effectPoll)
    outbox = Wakes(poll: timing.outboxPoll)
    runner = UnitRunner(
      pool: pool, publisher: publisher, effectsRecorded: { effects.wake() },
      effectsDelayed: { effects.wake(after: $0) }, outboxGrace: timing.outboxGrace,
      publishedTopics: Set(service.publishedTopics.map(\.name)))
    group = UnitGroup(runner: runner)
    asker = Asker(process: process, broker: broker, metrics: metrics, logger: logger)
  }

  func group(named name: String?) -> UnitGroup {
    guard let name else { return group }
    return groups.withLock { groups in
      if let known = groups[name] { return known }
      let made = UnitGroup(runner: runner)
      groups[name] = made
      return made
    }
  }

  var isDraining: Bool { draining.hasBegun || Task.isCancelled }

  func drain() {
    draining.begin()
    health.isReady = false
    effects.wake()
    parked.wake()
  }

  /// Sleeps, but not longer than until the service drains or the task is cancelled: the caller's loop looks at
  /// `isDraining`.
  func pause(_ time: Duration) async { await draining.sleep(time) }

  /// Returns when the service drains or the task is cancelled.
  func drained() async { await draining.sleep(nil) }

  /// Repeats a step until the service drains. A step that throws is logged and repeated with back-off.
  func loop(_ name: String, every interval: Duration, _ step: () async throws -> Void) async {
    var failures = 0
    while !isDraining {
      await attempt(name, &failures, step)
      await pause(interval)
    }
  }

  /// The same, each time there is a reason for it.
  func loop(_ name: String, on wakes: Wakes, _ step: () async throws -> Void) async {
    var failures = 0
    for await _ in wakes.stream {
      if isDraining { return }
      await attempt(name, &failures, step)
      if isDraining { return }
    }
  }

  private func attempt(_ name: String, _ failures: inout Int, _ step: () async throws -> Void) async {
    do {
      try await step()
      failures = 0
    } catch {
      if isDraining { return }
      failures += 1
      logger.warning("\(name) failed", metadata: ["error": "\(error)"])
      await pause(Backoff(first: .milliseconds(200), most: .seconds(5)), failures)
    }
  }

  /// Repeats a step until its task is cancelled: what the work leans on (signs of life, leases, sending) goes on while
  /// it drains.
  func support(_ name: String, every interval: Duration, _ step: () async throws -> Void) async {
    while !Task.isCancelled {
      do {
        try await step()
      } catch {
        if Task.isCancelled { return }
        trouble.log(.warning, "\(name) failed", of: RepeatedTrouble.kind(error), ["error": "\(error)"])
      }
      do { try await Task.sleep(for: interval) } catch { return }
    }
  }

  /// The service drains and Postgres is away: what was begun is handed back as it was.
  struct Interrupted: Error {}

  /// Returns when Postgres answers again. Asks by itself: the health check looks only now and then.
  func untilPostgresAnswers() async throws {
    var attempt = 0
    while true {
      attempt += 1
      // The pool tries to connect at its own pace, and answers at once in between.
      await pause(Backoff(first: .milliseconds(40), most: .milliseconds(250)), attempt)
      if isDraining { throw Interrupted() }
      do {
        return try await pool.withSession { _ = try $0.execute("select 1") }
      } catch let error as PostgresError where error.isOutage {
        logger.debug("Postgres is still away", metadata: ["error": "\(error)"])
      }
    }
  }
}
