import Foundation
import Logging
import Postgres
import Redis

/// A running service's face towards its own code: transactions, questions to other services, answers to wait for.
public struct Bus: Sendable {
  let core: BusCore

  public var service: String { core.service }
  /// This process on the bus; put into `replyTo` to be answered.
  public var process: String { core.process }
  public var logger: Logger { core.logger }

  /// A unit of work that no message started: an HTTP request, an intermediate step of an effect. Deadlocks and
  /// serialization failures re-run `body`; what it published leaves after the commit.
  public func transaction<T: Sendable>(
    needs: [Need] = [], correlation: String = "", _ body: @escaping @Sendable (UnitOfWork) throws -> T
  ) async throws -> T {
    try await core.runner.transaction(needs: needs, correlation: correlation, body)
  }

  /// Reads without locks, for queries and pages.
  public func read<T: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> T) async throws -> T {
    try await core.pool.withSession(body)
  }

  /// Asks another service and waits. Throws `QueryFailure` with code `timeout` when no answer came in time.
  public func ask<Q: Query>(_ query: Q, within limit: Duration) async throws -> Q.Reply {
    try await core.asker.ask(query, within: limit)
  }

  /// Registers interest in a reply *before* the message that causes it is sent; then await `value(within:)`.
  public func expectReply<M: Message>(_ type: M.Type, correlation: String) -> ReplyExpectation<M> {
    ReplyExpectation(asker: core.asker, correlation: correlation)
  }

  /// nil while Redis answers; else since when it does not.
  public var redisDownFor: Duration? { core.health.brokerDownFor }
  /// nil while Postgres answers; else since when it does not.
  public var postgresDownFor: Duration? { core.health.postgresDownFor }
  public var metrics: MetricsRegistry { core.metrics }

  /// A shared Redis connection for caches. Cache keys begin with `cache:` and have a TTL.
  public var cache: RedisConnection { core.cache }
}

/// A wait for one reply. Forget it with `cancel()` or by letting `value` time out.
public struct ReplyExpectation<M: Message>: Sendable {
  let asker: Asker
  let correlation: String

  init(asker: Asker, correlation: String) {
    self.asker = asker
    self.correlation = correlation
    asker.register(correlation)
  }

  /// nil when nothing came within the limit.
  public func value(within limit: Duration) async throws -> M? {
    guard let envelope = try await asker.wait(correlation, within: limit) else { return nil }
    return try envelope.message(as: M.self)
  }

  public func cancel() { asker.forget(correlation) }
}

/// Why a question has no answer: a stable code for programs, a sentence for people. Crosses the wire.
public struct QueryFailure: Error, Sendable, Codable, Equatable, CustomStringConvertible {
  public let code: String
  public let message: String
  public init(code: String, message: String) {
    self.code = code
    self.message = message
  }
  public var description: String { "\(code): \(message)" }
}
