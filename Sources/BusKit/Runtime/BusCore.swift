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
  let commands: RedisConnection
  let redisConfiguration: RedisConfiguration
  let publisher: Publisher
  let runner: UnitRunner
  let asker: Asker
  let effectWake: AsyncStream<Void>.Continuation
  let effectWakes: AsyncStream<Void>
  let health = BusHealth()
  let metrics: MetricsRegistry
  let logger: Logger
  private let draining = Mutex(false)

  init(_ service: Service, _ configuration: ServiceConfiguration) {
    self.service = service.name
    process = "\(service.name)@\(ProcessInfo.processInfo.processIdentifier)-\(UUID.v7().text.suffix(12))"
    timing = configuration.timing
    logger = configuration.logger
    metrics = MetricsRegistry()
    redisConfiguration = configuration.redis
    pool = PostgresPool(configuration: configuration.postgres, size: configuration.poolSize)
    commands = RedisConnection(configuration: configuration.redis)
    let published = service.publishedLengths
    publisher = Publisher(
      connection: commands, pool: pool, timing: timing, lengthMax: published, logger: logger, metrics: metrics)
    let (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    effectWake = wake
    effectWakes = wakes
    runner = UnitRunner(
      pool: pool, publisher: publisher, effectsRecorded: { wake.yield() }, outboxGrace: timing.outboxGrace)
    asker = Asker(process: process, commands: commands, redis: configuration.redis, logger: logger)
  }

  var isDraining: Bool { draining.withLock { $0 } || Task.isCancelled }

  func drain() {
    draining.withLock { $0 = true }
    effectWake.yield()
  }

  func aliveKey(_ consumer: String) -> String { "alive:{\(service)}:\(consumer)" }

  func isAlive(_ consumer: String) async throws -> Bool {
    try await commands.send(RedisCommand("EXISTS", .init(aliveKey(consumer)))).int == 1
  }

  /// Sleeps for a step of back-off; returns at once when the task is cancelled.
  func pause(_ backoff: Backoff, _ attempt: Int) async {
    await pause(backoff.delay(attempt: attempt, random: .random(in: 0..<1)))
  }

  func pause(_ time: Duration) async {
    do {
      try await Task.sleep(for: time)
    } catch {
      return  // Cancelled: the caller's loop looks at isDraining.
    }
  }

  /// Repeats a step until the service drains. A step that throws is logged and repeated with back-off.
  func loop(_ name: String, every interval: Duration, _ step: () async throws -> Void) async {
    var failures = 0
    while !isDraining {
      do {
        try await step()
        failures = 0
      } catch {
        if isDraining { return }
        failures += 1
        logger.warning("\(name) failed", metadata: ["error": "\(error)"])
        await pause(Backoff(first: .milliseconds(200), most: .seconds(5)), failures)
      }
      await pause(interval)
    }
  }
}
