import Foundation
import Logging
import Postgres
import Redis

/// A running service's face towards its own code: transactions, questions to other services, answers to wait for.
public struct Bus: Sendable {
  let host: any BusHost

  init(host: any BusHost) { self.host = host }
  init(core: BusCore) { self.init(host: core) }

  /// What stands behind it when the service really runs.
  var core: BusCore {
    get throws {
      guard let core = host as? BusCore else { throw PermanentFailure("a rehearsal has no broker and no Postgres") }
      return core
    }
  }

  /// The service's name.
  public var service: String { host.service }
  /// This process on the bus; put into `replyTo` to be answered.
  public var process: String { host.process }
  /// The service's logger.
  public var logger: Logger { host.logger }

  /// A unit of work that no message started: an HTTP request, an intermediate step of an effect. Deadlocks and
  /// serialization failures re-run `body`; what it published leaves after the commit.
  public func transaction<T: Sendable>(
    needs: [Need] = [], correlation: String = "", _ body: @escaping @Sendable (UnitOfWork) throws -> T
  ) async throws -> T {
    try await host.transaction(needs: needs, correlation: correlation, body)
  }

  /// The same for units that come in numbers: those of the same name that come while others are being written are
  /// written together, in the next transaction. A row that somebody else has locked holds all of these up.
  public func groupedTransaction<T: Sendable>(
    _ name: String, needs: [Need] = [], correlation: String = "", _ body: @escaping @Sendable (UnitOfWork) throws -> T
  ) async throws -> T {
    try await host.groupedTransaction(name, needs: needs, correlation: correlation, body)
  }

  /// Reads without locks, for queries and pages. `body` may be run again when a migration has changed a table.
  public func read<T: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> T) async throws -> T {
    try await host.read(body)
  }

  /// Reads rows by key or by an indexed column, without locks and all as of one moment: the statements are planned for
  /// that, however small their tables were when they were prepared. `body` may be run again when a migration has
  /// changed a table. Of what it flushes only the last results are its own statements': the transaction's beginning may
  /// be answered before them.
  public func lookUp<T: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> T) async throws -> T {
    try await read { session in
      try session.transaction {
        try session.enqueue("set transaction isolation level repeatable read, read only")
        try session.enqueuePlansByKey(.byValues)
        return try body(session)
      }
    }
  }

  /// The same for statements that are known beforehand and find their rows by keys, each planned once: they cost one
  /// round trip. Returns their results, in order.
  public func lookUp(_ statements: [(sql: String, parameters: [PostgresValue])]) async throws -> [PostgresResult] {
    try await read { session in
      try session.transaction {
        try session.enqueue("set transaction isolation level repeatable read, read only")
        try session.enqueuePlansByKey()
        for statement in statements { try session.enqueue(statement.sql, statement.parameters) }
        return Array(try session.flushCommitting().suffix(statements.count))
      }
    }
  }

  /// Asks another service and waits. Throws `QueryFailure`, with code `timeout` when no answer came in time and
  /// `unavailable` when the broker is away.
  public func ask<Q: Query>(_ query: Q, within limit: Duration) async throws -> Q.Reply {
    try await host.ask(query, within: limit)
  }

  /// Registers interest in a reply *before* the message that causes it is sent; then await `value(within:)`.
  public func expectReply<M: Message>(_ type: M.Type, correlation: String) -> ReplyExpectation<M> {
    ReplyExpectation(host: host, correlation: correlation)
  }

  /// nil while Redis answers; else since when it does not.
  public var redisDownFor: Duration? { host.redisDownFor }
  /// nil while Postgres answers; else since when it does not.
  public var postgresDownFor: Duration? { host.postgresDownFor }
  /// Where the service's own figures belong.
  public var metrics: MetricsRegistry { host.metrics }

  /// A shared Redis connection for caches. Cache keys begin with `cache:` and have a TTL.
  public var cache: RedisConnection { host.cache }
}

/// A wait for one reply. Forget it with `cancel()` or by letting `value` time out.
public struct ReplyExpectation<M: Message>: Sendable {
  let host: any BusHost
  let correlation: String

  init(host: any BusHost, correlation: String) {
    self.host = host
    self.correlation = correlation
    host.register(correlation)
  }

  /// nil when nothing came within the limit.
  public func value(within limit: Duration) async throws -> M? {
    guard let envelope = try await host.wait(correlation, within: limit) else { return nil }
    return try envelope.message(as: M.self)
  }

  /// Nobody waits any more.
  public func cancel() { host.forget(correlation) }
}

/// Why a question has no answer: a stable code for programs, a sentence for people. Crosses the wire.
public struct QueryFailure: Error, Sendable, Codable, Equatable, CustomStringConvertible {
  /// Stable, for programs: `timeout`, `overloaded`, `unavailable` (Redis or Postgres is away or refuses everybody: ask
  /// again later), `unknown_query`, `unreadable_query`, `internal`, or the answerer's own.
  public let code: String
  /// For people; says nothing of the answerer's inside.
  public let message: String
  public init(code: String, message: String) {
    self.code = code
    self.message = message
  }
  public var description: String { "\(code): \(message)" }

  private static let silence: Set<String> = ["timeout", "overloaded", "unavailable"]

  /// Nobody has dealt with the question: the same may well be answered another time. That includes `unknown_query`,
  /// which a service of an older release says during an upgrade; not `internal`, where the answerer has failed.
  public var isNoAnswer: Bool { Self.silence.contains(code) || code == "unknown_query" }

  /// The answerer is well, and says no.
  var isRefusal: Bool { !Self.silence.contains(code) && code != "internal" }
}
