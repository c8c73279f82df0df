import Foundation
import Logging

/// Answers questions of one topic. A question is acknowledged as it is read: nobody takes it over, its asker asks
/// again.
struct QueryServer: Sendable {
  static let failureType = "bus.QueryFailure"

  let link: any BrokerSubscription
  let handlers: [String: QueryHandler]
  let core: BusCore

  func run() async {
    await withDiscardingTaskGroup { group in
      var failures = 0
      var isEnsured = false
      let limit = AsyncLimit(core.timing.queryConcurrencyMax)
      while !core.isDraining {
        do {
          if !isEnsured {
            try await link.ensure()
            try await forgetTheDead()
            isEnsured = true
          }
          let entries = try await link.read(
            limit: core.timing.queryConcurrencyMax, wait: core.timing.readBlock, acknowledging: true)
          for entry in entries {
            await limit.enter()
            group.addTask {
              await answer(entry)
              limit.leave()
            }
          }
          failures = 0
        } catch {
          if core.isDraining { break }
          isEnsured = false
          failures += 1
          core.logger.debug("questions cannot be read", metadata: ["error": "\(error)"])
          await core.pause(Backoff(first: .milliseconds(50), most: .seconds(1)), failures)
        }
      }
      await finish(limit)
      group.cancelAll()
    }
    do {
      try await link.remove(consumer: link.options.consumer)
    } catch {
      core.logger.debug("the consumer stays listed", metadata: ["error": "\(error)"])
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
    for consumer in try await link.consumers() where consumer.name != link.options.consumer && consumer.idleMilliseconds > 60_000 {
      if try await !core.isAlive(consumer.name) { try await link.remove(consumer: consumer.name) }
    }
  }

  private func answer(_ entry: Delivery) async {
    do {
      let question = try entry.envelope()
      let age = core.health.brokerMilliseconds - entry.milliseconds
      let left = (question.timeToLive?.milliseconds ?? 10_000) - age
      guard left > 0 else {
        core.metrics.counter("energy_bus_queries_expired_total", labels: [("type", question.type)]).increment()
        return
      }
      let (type, body) = await reply(to: question, within: .milliseconds(left))
      try await send(type: type, body: body, to: question)
    } catch {
      core.logger.warning("a question was not answered", metadata: ["error": "\(error)"])
    }
  }

  private func reply(to question: Envelope, within limit: Duration) async -> (type: String, body: [UInt8]) {
    do {
      guard let handler = handlers[question.type] else {
        throw QueryFailure(code: "unknown_query", message: "\(core.service) does not answer \(question.type)")
      }
      let bus = Bus(core: core)
      let work = Work(kind: .query, service: core.service, name: question.type, envelopes: [question])
      let answer = try await core.middleware.run(work) { _ in
        try await withTimeout(limit) { try await handler.answer(question, bus) }
      }
      return ("\(question.type).Reply", answer)
    } catch let failure as QueryFailure {
      return (Self.failureType, encoded(failure))
    } catch let error as Throttled {
      return (Self.failureType, encoded(QueryFailure(code: "unavailable", message: error.description)))
    } catch {
      core.logger.warning("a question failed", metadata: ["type": "\(question.type)", "error": "\(error)"])
      return (Self.failureType, encoded(QueryFailure(code: "internal", message: "\(core.service) could not answer")))
    }
  }

  private func encoded(_ failure: QueryFailure) -> [UInt8] {
    do {
      return try MessageCoder.encode(failure)
    } catch {
      return Array(#"{"code":"internal","message":"the failure itself could not be encoded"}"#.utf8)
    }
  }

  private func send(type: String, body: [UInt8], to question: Envelope) async throws {
    guard !question.replyTo.isEmpty else { return }
    let envelope = Envelope(
      id: .v7(), type: type, version: 1, key: question.key, createdAt: Date(), correlation: question.correlation,
      causation: question.id.text, traceparent: question.traceparent, body: body)
    _ = try await core.broker.publish([Publication(envelope, topic: .replies(process: question.replyTo))])
  }
}
