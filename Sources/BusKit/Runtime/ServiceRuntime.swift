import Foundation
import Hummingbird
import Logging
import Postgres
import Redis
import ServiceLifecycle

/// A running service: connects, migrates, consumes, and drains when asked to stop.
public struct ServiceRuntime: Sendable {
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

  /// Runs until SIGTERM or SIGINT (or `stop()`), then drains and returns.
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
    try await prepare()
    core.logger.info("started", metadata: ["process": "\(core.process)"])
    let consumers = makeConsumers()
    let servers = makeQueryServers()
    let effects = EffectRunner(core: core, handlers: service.effects)
    await withDiscardingTaskGroup { group in
      group.addTask { await core.asker.listen { core.isDraining } }
      group.addTask { await core.publisher.run() }
      group.addTask { await self.sweepOutbox() }
      group.addTask { await self.giveSigns() }
      group.addTask { await self.clean() }
      group.addTask { await TickRunner(core: core, ticks: service.ticks).run() }
      group.addTask { await effects.run() }
      for consumer in consumers {
        group.addTask { await consumer.run() }
        group.addTask {
          await core.loop("leases", every: core.timing.lease / 3) { try await consumer.heartbeat() }
        }
      }
      for server in servers { group.addTask { await server.run() } }
      for background in service.backgrounds {
        group.addTask { await self.keep(background) }
      }
      core.health.isReady = true
      while !core.isDraining { await core.pause(.milliseconds(100)) }
      core.publisher.finish()
    }
    await close(consumers.map(\.link.reader) + servers.map(\.link.reader))
    core.logger.info("stopped")
  }

  /// Waits for Redis and Postgres as long as it takes, then migrates.
  private func prepare() async throws {
    var attempt = 0
    while true {
      do {
        try await Migrator.run(core.pool, schema: service.schema, component: "bus", migrations: BusMigrations.all)
        try await Migrator.run(
          core.pool, schema: service.schema, component: service.name, migrations: service.migrations)
        _ = try await core.commands.send(RedisCommand("PING"))
        return
      } catch let error as PostgresError where error.isConnectionLoss {
        core.logger.warning("waiting for Postgres", metadata: ["error": "\(error)"])
      } catch let error as RedisError {
        core.logger.warning("waiting for Redis", metadata: ["error": "\(error)"])
      }
      if core.isDraining { throw CancellationError() }
      attempt += 1
      await core.pause(Backoff(first: .milliseconds(100), most: .seconds(2)), attempt)
    }
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
      reader: RedisConnection(configuration: configuration.redis), commands: core.commands)
  }

  private func sweepOutbox() async {
    await core.loop("outbox", every: core.timing.outboxPoll) {
      guard core.health.redisDownFor == nil, core.health.postgresDownFor == nil else { return }
      while try await core.publisher.sweep() > 0, !core.isDraining {}
      try await core.publisher.recheckFullStreams()
    }
  }

  /// Shows that this process is alive, and looks whether Redis and Postgres are.
  private func giveSigns() async {
    await withDiscardingTaskGroup { group in
      group.addTask {
        await core.loop("alive", every: core.timing.aliveRenewal) {
          do {
            let replies = try await core.commands.pipeline([
              RedisCommand(
                "SET", .init(core.aliveKey(core.process)), "1", "PX", .init(core.timing.alive.milliseconds)),
              RedisCommand("TIME"),
            ])
            core.health.noteRedis(time: replies[1], generation: core.commands.generation)
          } catch {
            core.health.noteRedis(time: nil, generation: core.commands.generation)
            throw error
          }
        }
      }
      group.addTask {
        await core.loop("postgres", every: core.timing.aliveRenewal) {
          do {
            _ = try await core.pool.withSession { try $0.execute("select 1").affected }
            core.health.notePostgres(isUp: true)
          } catch {
            core.health.notePostgres(isUp: false)
            throw error
          }
        }
      }
    }
  }

  private func clean() async {
    await core.loop("clean-up", every: .seconds(30)) {
      let outbox = core.timing.outboxRetention.timeInterval
      let inbox = core.timing.inboxRetention.timeInterval + 86_400
      _ = try await core.pool.transaction { session in
        _ = try OutboxStore.deleteSent(before: Date().addingTimeInterval(-outbox), limit: 5000, in: session)
        _ = try session.execute(
          """
          delete from inbox where message_id in (
            select message_id from inbox where handled_at < now() - $1 * interval '1 second' limit 5000)
          """, [.double(inbox)])
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
