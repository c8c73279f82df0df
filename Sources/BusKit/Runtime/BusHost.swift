import Logging
import Postgres
import Redis
import Synchronization

/// What stands behind a `Bus`: a running process, or a rehearsal of one.
protocol BusHost: Sendable {
  var service: String { get }
  var process: String { get }
  var logger: Logger { get }
  var metrics: MetricsRegistry { get }
  var cache: RedisConnection { get }
  var redisDownFor: Duration? { get }
  var postgresDownFor: Duration? { get }

  func transaction<T: Sendable>(
    needs: [Need], correlation: String, _ body: @escaping @Sendable (UnitOfWork) throws -> T
  ) async throws -> T
  /// The same, in a transaction that it may share with others of this name; nil: with effects' outcomes and steps.
  func groupedTransaction<T: Sendable>(
    _ name: String?, needs: [Need], correlation: String, _ body: @escaping @Sendable (UnitOfWork) throws -> T
  ) async throws -> T
  func read<T: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> T) async throws -> T
  func ask<Q: Query>(_ query: Q, within limit: Duration) async throws -> Q.Reply

  /// Waiting for a reply: registered before what causes it is sent, taken once.
  func register(_ correlation: String)
  func wait(_ correlation: String, within limit: Duration) async throws -> Envelope?
  func forget(_ correlation: String)
}

extension BusHost {
  func groupedTransaction<T: Sendable>(
    _ name: String?, needs: [Need], correlation: String, _ body: @escaping @Sendable (UnitOfWork) throws -> T
  ) async throws -> T {
    try await transaction(needs: needs, correlation: correlation, body)
  }
}

extension BusCore: BusHost {
  var redisDownFor: Duration? { health.brokerDownFor }
  var postgresDownFor: Duration? { health.postgresDownFor }

  func transaction<T: Sendable>(
    needs: [Need], correlation: String, _ body: @escaping @Sendable (UnitOfWork) throws -> T
  ) async throws -> T {
    try await runner.transaction(needs: needs, correlation: correlation, body)
  }

  func groupedTransaction<T: Sendable>(
    _ name: String?, needs: [Need], correlation: String, _ body: @escaping @Sendable (UnitOfWork) throws -> T
  ) async throws -> T {
    let value = Mutex<T?>(nil)
    try await group(named: name).write(
      GroupedUnit(needs: needs, correlation: correlation, traceparent: TraceContext.current ?? "", end: nil) { unit in
        let made = try body(unit)
        value.withLock { $0 = made }
      })
    guard let made = value.withLock({ $0 }) else { throw InvariantViolation("a unit was written that never ran") }
    return made
  }

  func read<T: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> T) async throws -> T {
    // A migration beside this process leaves each connection with statements that no longer fit, once.
    for _ in 0..<UnitRunner.rerunsMax {
      do {
        return try await pool.withSession(body)
      } catch let error as PostgresError where error.isStalePlan {
        logger.debug("a table has changed; the read begins anew", metadata: ["error": "\(error)"])
      }
    }
    return try await pool.withSession(body)
  }

  func ask<Q: Query>(_ query: Q, within limit: Duration) async throws -> Q.Reply {
    try await asker.ask(query, within: limit)
  }

  func register(_ correlation: String) { asker.register(correlation) }

  func wait(_ correlation: String, within limit: Duration) async throws -> Envelope? {
    try await asker.wait(correlation, within: limit)
  }

  func forget(_ correlation: String) { asker.forget(correlation) }
}
