import Foundation
import Logging
import Synchronization

/// Sends questions and takes answers: any number at once over one reply stream of this process.
final class Asker: Sendable {
  private enum Wait {
    case idle
    case arrived(Envelope)
    case waiting(CheckedContinuation<Envelope?, Never>)
  }

  /// More questions than this at once are refused.
  private static let waitsMax = 10_000

  let process: String
  private let broker: any Broker
  private let answers: any BrokerFollower
  private let logger: Logger
  private let waits = Mutex<[String: Wait]>([:])

  init(process: String, broker: any Broker, logger: Logger) {
    self.process = process
    self.broker = broker
    self.logger = logger
    answers = broker.follow(stream: Topic.replies(process: process).streamKey(0))
  }

  /// - Parameter topic: nil: the question's own.
  func ask<Q: Query>(_ query: Q, on topic: Topic? = nil, within limit: Duration) async throws -> Q.Reply {
    let correlation = UUID.v7().text
    guard waits.withLock({ $0.count }) < Self.waitsMax else {
      throw QueryFailure(code: "overloaded", message: "\(Self.waitsMax) questions are waiting for answers")
    }
    register(correlation)
    defer { forget(correlation) }
    let timeout = QueryFailure(code: "timeout", message: "\(Q.messageType) had no answer within \(limit.milliseconds) ms")
    let deadline = ContinuousClock.now + limit
    do {
      // A Redis that is silent must not hold the asker longer than it wants to wait.
      try await withTimeout(limit) { try await self.send(query, on: topic, correlation: correlation, timeToLive: limit) }
    } catch is TransientFailure {
      throw timeout
    }
    guard let answer = try await wait(correlation, within: ContinuousClock.now.duration(to: deadline)) else {
      try Task.checkCancellation()
      throw timeout
    }
    if answer.type == QueryServer.failureType {
      throw try MessageCoder.decode(QueryFailure.self, from: answer.body)
    }
    return try MessageCoder.decode(Q.Reply.self, from: answer.body)
  }

  /// Sends a message without an outbox: for questions, and for programs without a database.
  func send<M: Message>(
    _ message: M, on topic: Topic? = nil, id: UUID = .v7(), correlation: String, timeToLive: Duration?
  ) async throws {
    let envelope = Envelope(
      id: id, type: M.messageType, version: M.messageVersion, key: message.messageKey, createdAt: Date(),
      timeToLive: timeToLive, correlation: correlation, replyTo: process, body: try MessageCoder.encode(message))
    guard envelope.body.count <= Envelope.bodyBytesMax else {
      throw InvariantViolation(
        "\(envelope.type) has a body of \(envelope.body.count) bytes; the most is \(Envelope.bodyBytesMax)")
    }
    let report = try await broker.publish([Publication(envelope, topic: topic ?? M.topic)])
    if case .refused(let reason)? = report.outcomes.first {
      throw TransientFailure("\(envelope.type) was not accepted: \(reason)")
    }
  }

  func register(_ correlation: String) {
    waits.withLock { waits in
      if waits[correlation] == nil, waits.count < Self.waitsMax { waits[correlation] = .idle }
    }
  }

  func forget(_ correlation: String) {
    let waiting = waits.withLock { $0.removeValue(forKey: correlation) }
    if case .waiting(let continuation) = waiting { continuation.resume(returning: nil) }
  }

  /// nil when nothing came within the limit or the task was cancelled.
  func wait(_ correlation: String, within limit: Duration) async throws -> Envelope? {
    let timer = Task {
      try await Task.sleep(for: limit)
      self.forget(correlation)
    }
    defer { timer.cancel() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let arrived: Envelope?? = waits.withLock { waits in
          switch waits[correlation] {
          case .idle:
            waits[correlation] = .waiting(continuation)
            return .none
          case .arrived(let envelope):
            waits[correlation] = nil
            return .some(envelope)
          case .waiting, nil:
            return .some(nil)
          }
        }
        if let arrived { continuation.resume(returning: arrived) }
      }
    } onCancel: {
      forget(correlation)
    }
  }

  /// Listens for answers until `isDone`.
  func listen(until isDone: @Sendable () -> Bool) async {
    while !isDone() {
      do {
        for answer in try await answers.next(limit: 500, wait: .seconds(1)) { deliver(answer) }
      } catch {
        if isDone() { return }
        logger.debug("answers cannot be read", metadata: ["error": "\(error)"])
        do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
      }
    }
  }

  func close() async {
    await answers.close()
    let left = waits.withLock { waits in
      defer { waits = [:] }
      return waits
    }
    for case .waiting(let continuation) in left.values { continuation.resume(returning: nil) }
  }

  private func deliver(_ answer: Delivery) {
    let envelope: Envelope
    do {
      envelope = try answer.envelope()
    } catch {
      logger.warning("an answer cannot be read", metadata: ["error": "\(error)"])
      return
    }
    let waiting = waits.withLock { waits -> CheckedContinuation<Envelope?, Never>? in
      switch waits[envelope.correlation] {
      case .waiting(let continuation):
        waits[envelope.correlation] = nil
        return continuation
      case .idle:
        waits[envelope.correlation] = .arrived(envelope)
        return nil
      case .arrived, nil:
        return nil  // Nobody waits any more, or the answer came twice.
      }
    }
    waiting?.resume(returning: envelope)
  }
}
