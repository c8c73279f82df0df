import Foundation
import Logging
import Postgres
import Redis

/// Answers questions of one topic. A question is acknowledged as it is read: nobody takes it over, its asker asks
/// again.
struct QueryServer: Sendable {
  static let failureType = "bus.QueryFailure"

  let link: any BrokerSubscription
  let answers: [String: QueryAnswer]
  let host: any ConsumerHost

  func run() async {
    await withDiscardingTaskGroup { group in
      var failures = 0
      var isEnsured = false
      var nextLook = ContinuousClock.now
      let limit = AsyncLimit(host.timing.queryConcurrencyMax)
      group.addTask {
        await host.drained()
        // Answers that take long do not hold up the end of the process.
        limit.close()
      }
      while !host.isDraining {
        do {
          if !isEnsured {
            try await link.ensure()
            isEnsured = true
          }
          if ContinuousClock.now >= nextLook {
            try await forgetTheDead()
            nextLook = .now + .seconds(30)
          }
          let entries = try await link.read(
            limit: host.timing.queryConcurrencyMax, wait: host.timing.readBlock, acknowledging: true)
          for entry in entries {
            guard await limit.enter() else { break }
            group.addTask {
              await answer(entry)
              limit.leave()
            }
          }
          failures = 0
        } catch {
          if host.isDraining { break }
          isEnsured = false
          failures += 1
          host.logger.debug("questions cannot be read", metadata: ["error": "\(error)"])
          await host.pause(Backoff(first: .milliseconds(50), most: .seconds(1)), failures)
        }
      }
      await finish(limit)
      group.cancelAll()
    }
    do {
      try await link.remove(consumer: link.options.consumer)
    } catch {
      host.logger.debug("the consumer stays listed", metadata: ["error": "\(error)"])
    }
  }

  /// Answers that take longer than this do not hold up the end of the process: their askers ask again.
  private static let drain: Duration = .seconds(2)

  private func finish(_ limit: AsyncLimit) async {
    let deadline = ContinuousClock.now + Self.drain
    while !limit.isIdle, ContinuousClock.now < deadline {
      do { try await Task.sleep(for: .milliseconds(10)) } catch { return }
    }
  }

  /// Consumers of processes that were killed: nothing is ever pending here, so they can go.
  private func forgetTheDead() async throws {
    for consumer in try await link.consumers() where consumer.idleMilliseconds > 60_000 {
      if consumer.name == link.options.consumer { continue }
      if try await !host.isAlive(consumer.name) { try await link.remove(consumer: consumer.name) }
    }
  }

  private func answer(_ entry: Delivery) async {
    do {
      let question = try entry.envelope()
      // The broker's clock may have been set back.
      let age = max(0, host.health.brokerMilliseconds - entry.milliseconds)
      let left = (question.timeToLive?.milliseconds ?? 10_000) - age
      guard left > 0 else {
        host.metrics.counter("energy_bus_queries_expired_total", labels: [("type", question.type)]).increment()
        return
      }
      guard let reply = await reply(to: question, within: .milliseconds(left)) else { return }
      send(reply, to: question)
    } catch {
      host.logger.warning("a question cannot be read", metadata: ["error": "\(error)"])
    }
  }

  /// nil: nobody waits for it any more.
  private func reply(to question: Envelope, within limit: Duration) async -> QueryReply? {
    do {
      guard let answer = answers[question.type] else {
        throw QueryFailure(code: "unknown_query", message: "\(host.service) does not answer \(question.type)")
      }
      return try await host.asker.running.run(question, within: limit, answer)
    } catch let failure as QueryFailure {
      return encoded(failure)
    } catch is CancellationError {
      host.metrics.counter("energy_bus_queries_cancelled_total", labels: [("type", question.type)]).increment()
      return nil
    } catch let error as Throttled {
      return encoded(QueryFailure(code: "unavailable", message: error.description))
    } catch {
      host.logger.warning("a question failed", metadata: ["type": "\(question.type)", "error": "\(error)"])
      return encoded(
        QueryFailure(
          code: Self.isPassing(error) ? "unavailable" : "internal", message: "\(host.service) could not answer"))
    }
  }

  /// Whether the same question may well be answered a little later: Redis or Postgres is away, full or busy.
  private static func isPassing(_ error: any Error) -> Bool {
    switch error {
    case is RedisError, is TransientFailure: true
    case let error as PostgresError:
      error.isOutage || error.isConnectionLoss || error.isRetryable || error.isLockTimeout || error.isStatementTimeout
        || error.code == .limit
    default: false
    }
  }

  private func encoded(_ failure: QueryFailure) -> QueryReply {
    do {
      return QueryReply(type: Self.failureType, body: try MessageCoder.encode(failure))
    } catch {
      let text = #"{"code":"internal","message":"the failure itself could not be encoded"}"#
      return QueryReply(type: Self.failureType, body: Array(text.utf8))
    }
  }

  private func send(_ reply: QueryReply, to question: Envelope) {
    guard !question.replyTo.isEmpty else { return }
    let envelope = Envelope(
      id: .v7(), type: reply.type, version: 1, key: question.key, createdAt: Date(), correlation: question.correlation,
      causation: question.id.text, traceparent: question.traceparent, body: reply.body)
    let logger = host.logger
    let isTaken = host.asker.publisher.submitNow(
      [Publication(envelope, topic: .replies(process: question.replyTo))]
    ) { result in
      if case .failure(let error) = result {
        logger.warning("an answer was not sent", metadata: ["error": "\(error)"])
      }
    }
    if !isTaken { logger.warning("an answer was not sent: too much waits to be sent") }
  }
}
