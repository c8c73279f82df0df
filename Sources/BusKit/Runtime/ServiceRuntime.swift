import Foundation
import Hummingbird
import Logging
import Postgres
import ServiceLifecycle

/// A running service: connects, migrates, consumes, and drains when asked to stop.
public struct ServiceRuntime: ServiceLifecycle.Service {
  /// How long connections that are in use hold up the end of the process.
  private static let closeMax: Duration = .seconds(5)

  private let service: Service
  private let configuration: ServiceConfiguration
  let core: BusCore

  public init(_ service: Service, _ configuration: ServiceConfiguration) {
    let service = service.answeringOperators()
    self.service = service
    self.configuration = configuration
    core = BusCore(service, configuration)
  }

  /// The running service's own face, for tests that look inside.
  public var bus: Bus { Bus(core: core) }

  /// Runs until SIGTERM or SIGINT, `stop()`, or the end of the service group it is part of; then drains and returns.
  public func run() async throws {
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(
            service: HealthServer(service: service, configuration: configuration, core: core).application(),
            successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .gracefullyShutdownGroup),
          .init(
            service: Worker(runtime: self), successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup),
        ],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: core.logger))
    defer { core.drain() }
    try await group.run()
  }

  /// Starts draining; `run()` returns when that is done.
  public func stop() { core.drain() }

  private struct Worker: ServiceLifecycle.Service {
    let runtime: ServiceRuntime
    func run() async throws {
      try await withGracefulShutdownHandler {
        try await runtime.work()
      } onGracefulShutdown: {
        runtime.core.drain()
      }
    }
  }

  private func work() async throws {
    do {
      guard try await prepare() else { return await close([]) }
    } catch {
      await close([])
      throw error
    }
    guard await begin() else { return await close([]) }
    core.logger.info("started", metadata: ["process": "\(core.process)"])
    let consumers = makeConsumers()
    let servers = makeQueryServers()
    await withDiscardingTaskGroup { group in
      // What the work leans on: it ends after the last of the work.
      group.addTask { await core.asker.listen { Task.isCancelled } }
      group.addTask { await self.watchForDue() }
      group.addTask { await self.sweepOutbox() }
      group.addTask { await self.giveSigns() }
      group.addTask { await self.watchPostgres() }
      group.addTask { await FloorKeeper(core: core).run() }
      group.addTask { await Cleaner(core: core).run() }
      for consumer in consumers {
        group.addTask { await core.support("leases", every: core.timing.lease / 3) { try await consumer.heartbeat() } }
      }
      async let publishing: Void = core.publisher.run()
      await self.runWorkers(consumers, servers)
      core.publisher.finish()
      await publishing
      group.cancelAll()
    }
    await close(consumers.map(\.link) + servers.map(\.link))
    core.logger.info("stopped")
  }

  /// Returns when the service drains and everything that was begun has ended.
  private func runWorkers(_ consumers: [StreamConsumer], _ servers: [QueryServer]) async {
    await withDiscardingTaskGroup { group in
      group.addTask { await ParkedRunner(core: core, handlers: service.handlers, topics: service.topics).run() }
      group.addTask { await ScheduleRunner(core: core, work: service.schedules).run() }
      group.addTask { await EffectRunner(core: core, handlers: service.effects).run() }
      for consumer in consumers { group.addTask { await consumer.run() } }
      for server in servers { group.addTask { await server.run() } }
      for background in service.backgrounds { group.addTask { await self.keep(background) } }
      core.health.isReady = !core.isDraining
    }
  }

  /// Waits for the broker and Postgres as long as it takes, then migrates. False: told to stop meanwhile.
  private func prepare() async throws -> Bool {
    var attempt = 0
    while !core.isDraining {
      do {
        try await Migrator.run(core.pool, schema: service.schema, component: "bus", migrations: BusMigrations.all)
        try await Migrator.run(
          core.pool, schema: service.schema, component: service.name, migrations: service.migrations)
        try await beat()
        return true
      } catch let error as PostgresError where error.isOutage {
        core.logger.warning("waiting for Postgres", metadata: ["error": "\(error)"])
      } catch where core.broker.isOutage(error) {
        core.logger.warning("waiting for the broker", metadata: ["error": "\(error)"])
      }
      attempt += 1
      await core.pause(Backoff(first: .milliseconds(100), most: .seconds(2)), attempt)
    }
    return false
  }

  /// Does what the service wants done before its work, as long as it takes. False: told to stop meanwhile.
  private func begin() async -> Bool {
    for body in service.beginnings {
      var attempt = 0
      while true {
        if core.isDraining { return false }
        do {
          try await body(Bus(core: core))
          break
        } catch {
          core.logger.warning("what comes before the work failed", metadata: ["error": "\(error)"])
        }
        attempt += 1
        await core.pause(Backoff(first: .milliseconds(100), most: .seconds(2)), attempt)
      }
    }
    return !core.isDraining
  }

  private func makeConsumers() -> [StreamConsumer] {
    service.topics.flatMap { topic in
      (0..<topic.partitions).map { partition in
        StreamConsumer(link: link(topic, partition), handlers: service.handlers, core: core)
      }
    }
  }

  private func makeQueryServers() -> [QueryServer] {
    service.queryTopics.flatMap { topic in
      (0..<topic.partitions).map { partition in
        QueryServer(
          link: link(topic, partition), answers: service.queries.mapValues(answer), host: core)
      }
    }
  }

  private func answer(_ handler: QueryHandler) -> QueryAnswer {
    let answer = handler.bind(Bus(core: core))
    return { [core] question in
      let work = Work(kind: .query, service: core.service, name: question.type, envelopes: [question])
      return try await core.middleware.run(work) { try await answer($0.envelopes.first ?? question) }
    }
  }

  private func link(_ topic: Topic, _ partition: Int) -> any BrokerSubscription {
    core.broker.subscribe(
      SubscriptionOptions(
        topic: topic, partition: partition, group: service.name, consumer: core.process, lease: core.timing.lease))
  }

  /// Wakes whoever has something to do that this process was not told of.
  private func watchForDue() async {
    let kinds = service.effects.keys.sorted()
    await core.support("looking for what is due", every: min(core.timing.outboxPoll, core.timing.effectPoll)) {
      guard core.health.postgresDownFor == nil else { return }
      let due = try await core.pool.withSession { try DueWork.read(kinds, in: $0) }
      if due.hasEffects { core.effects.wake() }
      if due.hasParked { core.parked.wake() }
      if due.hasMessages || core.publisher.mustLook { core.outbox.wake() }
    }
  }

  private func sweepOutbox() async {
    for await _ in core.outbox.stream {
      guard core.health.brokerDownFor == nil, core.health.postgresDownFor == nil else { continue }
      do {
        while try await core.publisher.sweep(), !Task.isCancelled {}
      } catch {
        if Task.isCancelled { return }
        core.trouble.log(.warning, "outbox failed", of: RepeatedTrouble.kind(error), ["error": "\(error)"])
      }
    }
  }

  /// Shows that this process is alive, and looks whether the broker is, and still the same.
  private func giveSigns() async {
    await core.support("alive", every: core.timing.aliveRenewal) {
      do {
        try await beat()
      } catch {
        if Task.isCancelled { return }
        if core.health.noteBroker(nil) { throw error }
      }
    }
  }

  private func beat() async throws {
    let asked = ContinuousClock.now
    let pulse = try await core.broker.beat(service: core.service, process: core.process, for: core.timing.alive)
    if core.health.noteBroker(pulse, asked: asked) { core.logger.notice("the broker answers again") }
    core.publisher.note(epoch: pulse.epoch)
  }

  private func watchPostgres() async {
    await core.support("postgres", every: core.timing.aliveRenewal) {
      core.health.notePostgresIsAsked()
      do {
        _ = try await core.pool.withSession { try $0.execute("select 1").affected }
        core.health.notePostgres(isUp: true)
      } catch {
        if Task.isCancelled { return }
        core.health.notePostgres(isUp: false)
        throw error
      }
    }
  }

  private func keep(_ background: Background) async {
    var pace = RestartPace()
    while !core.isDraining {
      let started = ContinuousClock.now
      do {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await background.body(Bus(core: core)) }
          group.addTask { await core.drained() }
          try await group.next()
          group.cancelAll()
        }
        pace.ended()
      } catch {
        if core.isDraining { return }
        pace.failed(after: ContinuousClock.now - started)
        core.logger.warning("\(background.name) stopped", metadata: ["error": "\(error)"])
      }
      await core.pause(pace.pause.backoff, pace.pause.attempt)
    }
  }

  private func close(_ links: [any BrokerSubscription]) async {
    do {
      try await core.broker.leave(service: core.service, process: core.process)
    } catch {
      core.logger.debug("the sign of life runs out by itself", metadata: ["error": "\(error)"])
    }
    for link in links { await link.close() }
    await core.asker.close()
    await core.cache.close()
    // A broker that was handed in is its owner's.
    if configuration.broker == nil { await core.broker.close() }
    // A handler that does not return would be waited for in vain, and a Postgres that does not answer for long.
    guard core.health.stuck == 0 else { return }
    do {
      try await waiting(atMost: Self.closeMax) { await core.pool.close() }
    } catch {
      core.logger.warning("connections to Postgres are left open", metadata: ["error": "\(error)"])
    }
  }
}
