import Foundation
import Hummingbird
import Logging
import Postgres
import Redis
import ServiceLifecycle

/// A running service: connects, migrates, consumes, and drains when asked to stop.
public struct ServiceRuntime: ServiceLifecycle.Service {
  private let service: Service
  private let configuration: ServiceConfiguration
  private let core: BusCore

  public init(_ service: Service, _ configuration: ServiceConfiguration) {
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
            service: Work(runtime: self), successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup),
        ],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: core.logger))
    defer { core.drain() }
    try await group.run()
  }

  /// Starts draining; `run()` returns when that is done.
  public func stop() { core.drain() }

  private struct Work: ServiceLifecycle.Service {
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
    core.logger.info("started", metadata: ["process": "\(core.process)"])
    let consumers = makeConsumers()
    let servers = makeQueryServers()
    await withDiscardingTaskGroup { group in
      // What the work leans on: it ends after the last of the work.
      group.addTask { await core.asker.listen { Task.isCancelled } }
      group.addTask { await self.sweepOutbox() }
      group.addTask { await self.giveSigns() }
      group.addTask { await self.watchPostgres() }
      group.addTask { await self.clean() }
      for consumer in consumers {
        group.addTask { await core.support("leases", every: core.timing.lease / 3) { try await consumer.heartbeat() } }
      }
      async let publishing: Void = core.publisher.run()
      await self.runWorkers(consumers, servers)
      core.publisher.finish()
      await publishing
      group.cancelAll()
    }
    await close(consumers.map(\.link.reader) + servers.map(\.link.reader))
    core.logger.info("stopped")
  }

  /// Returns when the service drains and everything that was begun has ended.
  private func runWorkers(_ consumers: [StreamConsumer], _ servers: [QueryServer]) async {
    await withDiscardingTaskGroup { group in
      group.addTask { await ScheduleRunner(core: core, work: service.schedules).run() }
      group.addTask { await EffectRunner(core: core, handlers: service.effects).run() }
      for consumer in consumers { group.addTask { await consumer.run() } }
      for server in servers { group.addTask { await server.run() } }
      for background in service.backgrounds { group.addTask { await self.keep(background) } }
      core.health.isReady = !core.isDraining
    }
  }

  /// Waits for Redis and Postgres as long as it takes, then migrates. False: told to stop meanwhile.
  private func prepare() async throws -> Bool {
    var attempt = 0
    while !core.isDraining {
      do {
        try await Migrator.run(core.pool, schema: service.schema, component: "bus", migrations: BusMigrations.all)
        try await Migrator.run(
          core.pool, schema: service.schema, component: service.name, migrations: service.migrations)
        _ = try await core.commands.send(RedisCommand("PING"))
        return true
      } catch let error as PostgresError where error.isOutage {
        core.logger.warning("waiting for Postgres", metadata: ["error": "\(error)"])
      } catch let error as RedisError {
        core.logger.warning("waiting for Redis", metadata: ["error": "\(error)"])
      } catch let error as RedisServerError where ["LOADING", "MASTERDOWN", "BUSY"].contains(error.prefix) {
        core.logger.warning("waiting for Redis", metadata: ["error": "\(error)"])
      }
      attempt += 1
      await core.pause(Backoff(first: .milliseconds(100), most: .seconds(2)), attempt)
    }
    return false
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
        QueryServer(link: link(topic, partition), handlers: service.queries, core: core)
      }
    }
  }

  private func link(_ topic: Topic, _ partition: Int) -> StreamGroup {
    StreamGroup(
      topic: topic, partition: partition, group: service.name, consumer: core.process,
      reader: RedisConnection(configuration: configuration.redis), commands: core.commands, block: core.timing.readBlock)
  }

  private func sweepOutbox() async {
    await core.support("outbox", every: core.timing.outboxPoll) {
      guard core.health.redisDownFor == nil, core.health.postgresDownFor == nil else { return }
      while try await core.publisher.sweep() > 0, !Task.isCancelled {}
      try await core.publisher.recheckFullStreams()
    }
  }

  /// Shows that this process is alive, and looks whether Redis is, and still the same.
  private func giveSigns() async {
    await core.support("alive", every: core.timing.aliveRenewal) {
      do {
        let replies = try await core.commands.pipeline([
          RedisCommand("SET", .init(core.aliveKey(core.process)), "1", "PX", .init(core.timing.alive.milliseconds)),
          RedisCommand("TIME"), RedisCommand("GET", .init(Publisher.epochKey)),
        ])
        // An error reply (loading, out of memory) is no answer either.
        for reply in replies { _ = try reply.get() }
        if core.health.noteRedis(time: replies[1], generation: core.commands.generation) {
          core.logger.notice("Redis answers again")
        }
        core.publisher.note(epoch: replies[2].string)
      } catch {
        if Task.isCancelled { return }
        if core.health.noteRedis(time: nil, generation: core.commands.generation) { throw error }
      }
    }
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

  /// Deletes what is old enough, in steps that block nobody.
  private func clean() async {
    let step = 5000
    let inbox = core.timing.inboxRetention + .seconds(86_400)
    await core.support("clean-up", every: .seconds(30)) {
      var isMore = true
      while isMore, !Task.isCancelled {
        isMore = try await core.pool.transaction { session in
          let sent = try OutboxStore.deleteSent(olderThan: core.timing.outboxRetention, limit: step, in: session)
          let handled = try session.execute(
            """
            delete from inbox where message_id in (
              select message_id from inbox where handled_at < now() - $1 * interval '1 ms' limit $2)
            """, [.int(inbox.milliseconds), .int(step)]
          ).affected
          return sent >= step || handled >= step
        }
      }
    }
  }

  private func keep(_ background: Background) async {
    var failures = 0
    while !core.isDraining {
      do {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { try await background.body(Bus(core: core)) }
          group.addTask { while !core.isDraining { await core.pause(.milliseconds(100)) } }
          try await group.next()
          group.cancelAll()
        }
        failures = 0
      } catch {
        if core.isDraining { return }
        failures += 1
        core.logger.warning("\(background.name) stopped", metadata: ["error": "\(error)"])
      }
      await core.pause(Backoff(first: .milliseconds(200), most: .seconds(10)), failures + 1)
    }
  }

  private func close(_ readers: [RedisConnection]) async {
    do {
      _ = try await core.commands.send(RedisCommand("DEL", .init(core.aliveKey(core.process))))
    } catch {
      core.logger.debug("the sign of life runs out by itself", metadata: ["error": "\(error)"])
    }
    for reader in readers { await reader.close() }
    await core.asker.close()
    await core.commands.close()
    await core.pool.close()
  }
}
