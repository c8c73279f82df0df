import Foundation
import Logging
import Postgres
import Redis

/// A rehearsed service's `Bus`.
struct RehearsalHost: BusHost {
  let engine: RehearsalEngine
  let stage: Int

  var service: String { engine.stages[stage].service.name }
  var process: String { engine.stages[stage].process }
  var logger: Logger { engine.logger }
  var metrics: MetricsRegistry { engine.stages[stage].metrics }
  var redisDownFor: Duration? { nil }
  var postgresDownFor: Duration? { nil }

  /// Leads nowhere: every command is refused at once.
  var cache: RedisConnection {
    RedisConnection(configuration: RedisConfiguration(address: .unix(path: "/dev/null/a-rehearsal-has-no-redis")))
  }

  func transaction<T: Sendable>(
    needs: [Need], correlation: String, _ body: @escaping @Sendable (UnitOfWork) throws -> T
  ) async throws -> T {
    do {
      return try engine.transact(stage) { store, now in
        try store.run(needs: needs, correlation: correlation, now: now, body)
      }
    } catch is RehearsalEngine.CommitFailed {
      throw PostgresError(.connection, "The rehearsal let this commit fail; nothing of it has happened.")
    }
  }

  func read<T: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> T) async throws -> T {
    throw RehearsalError(
      "\(service) reads with SQL (Bus.read), which a rehearsal has no database for; "
        + "use Bus.transaction with needs, or test this part with a real Postgres")
  }

  func ask<Q: Query>(_ query: Q, within limit: Duration) async throws -> Q.Reply {
    let answerer = engine.stages.indices.lazy.compactMap { index in
      engine.stages[index].service.queries[Q.messageType].map { (index, $0) }
    }.first
    guard let (index, handler) = answerer else {
      throw QueryFailure(code: "timeout", message: "\(Q.messageType) is answered by none of the rehearsed services")
    }
    let question = try MessageCoder.encode(query)
    let answer: QueryReply
    do {
      answer = try await engine.answer(question, of: query, handler, index, within: limit)
    } catch let failure as QueryFailure {
      throw failure
    } catch let failure as RehearsalError {
      throw failure
    } catch let error as Throttled {
      throw QueryFailure(code: "unavailable", message: error.description)
    } catch {
      engine.logger.info("a question failed", metadata: ["type": "\(Q.messageType)", "error": "\(error)"])
      throw QueryFailure(code: "internal", message: "\(engine.stages[index].service.name) could not answer")
    }
    if answer.type == QueryHandler.failureType(Q.messageType) {
      throw try MessageCoder.decode(Q.Failure.self, from: answer.body)
    }
    return try MessageCoder.decode(Q.Reply.self, from: answer.body)
  }

  // MARK: - Replies

  func register(_ correlation: String) { engine.state.withLock { _ = $0.awaited.insert(correlation) } }

  func forget(_ correlation: String) {
    engine.state.withLock { state in
      state.awaited.remove(correlation)
      state.replies[correlation] = nil
    }
  }

  /// Waiting makes the rehearsal go on, and its clock move as far as there is nothing else to do.
  func wait(_ correlation: String, within limit: Duration) async throws -> Envelope? {
    defer { forget(correlation) }
    let deadline = engine.now.addingTimeInterval(limit.timeInterval)
    while true {
      if let reply = engine.state.withLock({ $0.replies[correlation] }) { return reply }
      if try await engine.step() { continue }
      guard engine.move(until: deadline) else { return nil }
    }
  }
}

extension RehearsalEngine {
  fileprivate func answer<Q: Query>(
    _ question: [UInt8], of query: Q, _ handler: QueryHandler, _ stage: Int, within limit: Duration
  ) async throws -> QueryReply {
    let id = UUID.v7()
    let envelope = Envelope(
      id: id, type: Q.messageType, version: Q.messageVersion, key: query.messageKey, createdAt: now,
      timeToLive: limit, correlation: id.text, body: question)
    let work = Work(kind: .query, service: stages[stage].service.name, name: Q.messageType, envelopes: [envelope])
    let answer = handler.bind(bus(stage))
    return try await stages[stage].middleware.run(work) { work in
      try await withTimeout(limit) { try await answer(work.envelopes.first ?? envelope) }
    }
  }
}
