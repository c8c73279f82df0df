import Foundation
import Postgres
import Redis
import Synchronization
import TestKit

@testable import BusKit

/// A Redis and a database of a test's own, and whatever services it starts on them.
final class World: Sendable {
  let server: RedisServer
  let redis: RedisConnection
  let postgres: PostgresServer
  let conninfo: String
  private let replicas = Mutex<[Replica]>([])

  /// - Parameters:
  ///   - redis: more of redis-server's command line.
  ///   - postgres: a server of the test's own that it may stop; nil: the shared one.
  static func run(
    redis arguments: [String] = [], postgres: PostgresServer? = nil, _ body: (World) async throws -> Void
  ) async throws {
    let world = try await World(arguments, postgres)
    do {
      try await body(world)
    } catch {
      try await world.close()
      throw error
    }
    try await world.close()
  }

  private init(_ arguments: [String], _ own: PostgresServer?) async throws {
    server = try await RedisServer.start(arguments: arguments)
    redis = RedisConnection(configuration: server.configuration)
    let postgres = if let own { own } else { try await PostgresServer.shared() }
    self.postgres = postgres
    conninfo = try await postgres.createDatabase()
  }

  private func close() async throws {
    for replica in replicas.withLock({ $0 }) { await replica.abandon() }
    await redis.close()
    try await server.stop()
  }

  /// Times as short as they may be, so that a test sees retries and take-overs within a second.
  static var timing: BusTiming {
    var timing = BusTiming()
    timing.lease = .seconds(1)
    timing.sweep = .milliseconds(100)
    timing.alive = .milliseconds(600)
    timing.aliveRenewal = .milliseconds(100)
    timing.outboxGrace = .milliseconds(400)
    timing.outboxPoll = .milliseconds(40)
    timing.effectPoll = .milliseconds(40)
    timing.effectLease = .milliseconds(600)
    timing.readBlock = .milliseconds(40)
    timing.attemptsMax = 3
    return timing
  }

  @discardableResult
  func start(
    _ service: Service, timing: BusTiming = World.timing, idleInTransaction: Duration = .seconds(5),
    broker: (any Broker)? = nil, replyTimeout: Duration = .seconds(5), conninfo: String? = nil,
    silenceMax: Duration = .seconds(10)
  ) async throws -> Replica {
    var redis = server.configuration
    redis.replyTimeout = replyTimeout
    var configuration = ServiceConfiguration(
      redis: redis,
      postgres: PostgresConfiguration(
        conninfo: conninfo ?? self.conninfo, applicationName: service.name, searchPath: service.schema,
        silenceMax: silenceMax, idleInTransactionTimeout: idleInTransaction),
      poolSize: 3, httpPort: 0, timing: timing, logger: JSONLog.logger(service: service.name, level: .critical))
    configuration.broker = broker
    let replica = Replica(ServiceRuntime(service, configuration))
    replicas.withLock { $0.append(replica) }
    try await eventually(within: .seconds(20), "\(service.name) is ready") { replica.core.health.isReady }
    return replica
  }

  // MARK: - The services

  /// - Parameter before: called for every run of the handler; throw here to make it fail.
  static func counter(before: @escaping @Sendable (Add) throws -> Void = { _ in }) -> Service {
    var service = Service(
      name: "counter", schema: "counter",
      migrations: [
        Migration(
          version: 1, name: "accounts",
          sql: """
            create table accounts (id text primary key, total int not null, handled int not null);
            create table notes (id text primary key, topic text not null, text text not null);
            """)
      ])
    service.publishes([Added.topic])
    service.handle(Add.self, needs: { [.row(Account.self, $0.account)] }) { add, unit in
      try before(add)
      var account = try unit.find(Account.self, add.account) ?? Account(id: add.account, total: 0, handled: 0)
      account.total += add.amount
      account.handled += 1
      try unit.save(account)
      let added = Added(aggregate: add.account, seq: Int64(account.handled), total: account.total)
      switch add.then {
      case "ring": try unit.start(Ring(key: add.account, number: account.handled))
      case "tell later": try unit.publish(added, at: unit.now.addingTimeInterval(0.5))
      default: try unit.publish(added)
      }
    }
    return service
  }

  static func audit() -> Service {
    var service = Service(
      name: "audit", schema: "audit",
      migrations: [
        Migration(
          version: 1, name: "notes",
          sql: "create table notes (id text primary key, topic text not null, text text not null)")
      ])
    service.handle(Added.self, needs: { [.row(Note.self, "\($0.aggregate)/\($0.seq)")] }) { event, unit in
      let key = "\(event.aggregate)/\(event.seq)"
      let times = try unit.find(Note.self, key).map { "\($0.text), again" } ?? "once"
      try unit.save(Note(id: key, topic: event.aggregate, text: times))
    }
    return service
  }

  // MARK: - Redis

  static func envelope<M: Message>(_ message: M, id: UUID = .v7()) throws -> Envelope {
    Envelope(
      id: id, type: M.messageType, version: M.messageVersion, key: message.messageKey, createdAt: Date(),
      correlation: id.text, body: try MessageCoder.encode(message))
  }

  func send<M: Message>(_ messages: M..., id: UUID? = nil) async throws { try await send(messages, id: id) }

  func send<M: Message>(_ messages: [M], id: UUID? = nil) async throws {
    let commands = try messages.map { message in
      RedisCommand(
        ["XADD", .init(M.topic.streamKey(0)), "*"] + (try Self.envelope(message, id: id ?? .v7())).wireFields)
    }
    for reply in try await redis.pipeline(commands) { _ = try reply.get() }
  }

  func send(_ envelope: Envelope, to topic: Topic) async throws {
    _ = try await redis.send(RedisCommand(["XADD", .init(topic.streamKey(0)), "*"] + envelope.wireFields))
  }

  /// The entries of a stream as envelopes, with Redis' time of each in milliseconds.
  func entries(_ key: String) async throws -> [(milliseconds: Int64, envelope: Envelope)] {
    let reply = try await redis.send(RedisCommand("XRANGE", .init(key), "-", "+"))
    return try RedisEntries.range(reply, deliveries: 1).map {
      ($0.milliseconds, try $0.envelope())
    }
  }

  /// Reason and message id of each dead letter.
  func dead(_ topic: Topic) async throws -> [(reason: String, detail: String, id: String)] {
    let reply = try await redis.send(RedisCommand("XRANGE", .init(topic.deadKey(0)), "-", "+"))
    return (reply.array ?? []).map { entry in
      let fields = entry.array?.last?.array ?? []
      var texts: [String: String] = [:]
      for index in stride(from: 0, to: fields.count - 1, by: 2) {
        texts[fields[index].string ?? ""] = fields[index + 1].string
      }
      return (texts["reason"] ?? "", texts["detail"] ?? "", texts["id"] ?? "")
    }
  }

  /// How many deliveries of a topic a group has not acknowledged.
  func pending(_ topic: Topic, _ group: String) async throws -> Int64? {
    try await redis.send(RedisCommand("XPENDING", .init(topic.streamKey(0)), .init(group))).array?.first?.int
  }
}

/// One process of a service, as far as a test can have one.
final class Replica: Sendable {
  let runtime: ServiceRuntime
  private let task: Task<Void, any Error>

  init(_ runtime: ServiceRuntime) {
    self.runtime = runtime
    task = Task { try await runtime.run() }
  }

  var bus: Bus { runtime.bus }
  var core: BusCore { runtime.core }

  /// Drains, and returns when that is done.
  func stop() async throws {
    runtime.stop()
    try await task.value
  }

  func abandon() async {
    runtime.stop()
    _ = await task.result
  }

  func account(_ id: String) async throws -> Account? {
    try await bus.read { session in
      try session.execute("select * from accounts where id = $1", [.text(id)]).rows.first
        .map { try PostgresRowDecoder().decode(Account.self, from: $0) }
    }
  }

  func notes() async throws -> [Note] {
    try await bus.read { session in
      try session.execute("select * from notes order by id").rows
        .map { try PostgresRowDecoder().decode(Note.self, from: $0) }
    }
  }

  func number(_ sql: String) async throws -> Int64 {
    try await bus.read { try $0.execute(sql).rows.first?.int("n") ?? -1 }
  }
}

/// What a handler or effect writes down as it runs, on whatever thread.
final class Diary<Line: Sendable>: Sendable {
  private let state = Mutex<[Line]>([])
  var lines: [Line] { state.withLock { $0 } }

  /// Returns how many lines there are with this one.
  @discardableResult
  func write(_ line: Line) -> Int {
    state.withLock { lines in
      lines.append(line)
      return lines.count
    }
  }
}
