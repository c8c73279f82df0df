import Logging
import Postgres
import Redis

/// How a service reaches its Redis and Postgres, and the times of the bus.
public struct ServiceConfiguration: Sendable {
  /// Carries messages, unless `broker` does, and caches.
  public var redis: RedisConfiguration
  /// What carries the messages; nil: that Redis.
  public var broker: (any Broker)?
  /// Its own tables, outbox, inbox, effects and schedules.
  public var postgres: PostgresConfiguration
  /// Connections to Postgres: the most transactions at a time.
  public var poolSize: Int
  /// Where `/livez`, `/readyz`, `/metrics` and the service's own routes are served.
  public var httpHost: String
  /// 0: any free one.
  public var httpPort: Int
  /// Times and sizes of the bus.
  public var timing: BusTiming
  /// Where the service and the bus log to.
  public var logger: Logger

  public init(
    redis: RedisConfiguration, postgres: PostgresConfiguration, poolSize: Int = 6, httpHost: String = "127.0.0.1",
    httpPort: Int, timing: BusTiming = BusTiming(), logger: Logger
  ) {
    self.redis = redis
    self.postgres = postgres
    self.poolSize = poolSize
    self.httpHost = httpHost
    self.httpPort = httpPort
    self.timing = timing
    self.logger = logger
  }

  /// Reads `ENERGY_REDIS_URL`, `ENERGY_POSTGRES_URL`, `ENERGY_HTTP_ADDRESS` and their like; mistakes are collected in
  /// `reader`.
  public static func read(_ reader: inout EnvironmentReader, service: String, schema: String) -> ServiceConfiguration? {
    let redis = reader.redis(clientName: service)
    let postgres = reader.postgres(applicationName: service, schema: schema)
    let http = reader.address("ENERGY_HTTP_ADDRESS", default: nil)
    var timing = BusTiming()
    timing.lease = .milliseconds(reader.integer("ENERGY_LEASE_MS", default: 30_000, in: 1_000...600_000))
    timing.sweep = .milliseconds(reader.integer("ENERGY_SWEEP_MS", default: 2_000, in: 100...60_000))
    let poolSize = reader.integer("ENERGY_POSTGRES_CONNECTIONS", default: 6, in: 2...64)
    let logger = JSONLog.logger(service: service, level: reader.logLevel())
    guard let redis, let postgres, let http else { return nil }
    return ServiceConfiguration(
      redis: redis, postgres: postgres, poolSize: Int(poolSize), httpHost: http.host, httpPort: http.port,
      timing: timing, logger: logger)
  }
}

/// Times and sizes of the bus. Redis' clock decides leases, Postgres' clock everything else.
public struct BusTiming: Sendable {
  /// A delivery that nobody has renewed for this long may be taken over.
  public var lease: Duration = .seconds(30)
  /// How often abandoned deliveries are looked for.
  public var sweep: Duration = .seconds(2)
  /// How long a consumer counts as alive after its last sign, and how often it gives one.
  public var alive: Duration = .seconds(5)
  /// How often a process shows that it is alive.
  public var aliveRenewal: Duration = .milliseconds(1500)
  /// After this an outbox row that is still unsent is sent by any replica.
  public var outboxGrace: Duration = .seconds(2)
  /// How often the outbox is looked at for what is due.
  public var outboxPoll: Duration = .milliseconds(250)
  /// How often effects are looked at for what is due; what this process records starts at once.
  public var effectPoll: Duration = .milliseconds(250)
  /// A running effect whose process has not renewed it for this long is run again by another.
  public var effectLease: Duration = .seconds(6)
  /// How long one read waits for a message: the longest that an idle consumer takes to notice that it is to stop.
  public var readBlock: Duration = .seconds(1)
  /// Deliveries read at once and handled in one transaction.
  public var batchMax: Int = 256
  /// A handler's transaction that is not back by then is waited for no longer; its message, alone, is dead-lettered. At
  /// least twice Postgres' `idleInTransactionTimeout`.
  public var handlerMax: Duration = .seconds(15)
  /// Deliveries of one message before it is dead-lettered.
  public var attemptsMax: Int = 8
  /// The longest wait between two attempts. What is longer than a lease is waited for in Postgres.
  public var retryMost: Duration = .seconds(300)
  /// How long a message of an unknown type or version is handed back before it is dead-lettered.
  public var unknownGrace: Duration = .seconds(15 * 60)
  /// Sent outbox rows are kept this long, to be sent again when Redis has lost its memory.
  public var outboxRetention: Duration = .seconds(48 * 3600)
  /// Messages older than this are never applied: their inbox rows may be gone.
  public var inboxRetention: Duration = .seconds(15 * 24 * 3600)
  /// Effects that were given up are kept this long for the operator.
  public var effectsRetention: Duration = .seconds(90 * 24 * 3600)
  /// Answers that are worked on at the same time, per partition.
  public var queryConcurrencyMax: Int = 64

  public init() {}

  /// Between the attempts of a message whose handler threw.
  var backoff: Backoff { Backoff(first: .milliseconds(100), factor: 4, most: retryMost) }
}
