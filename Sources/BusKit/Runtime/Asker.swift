import Foundation
import Logging
import Synchronization

/// Sends questions and takes answers: any number at once over one reply stream of this process.
final class Asker: Sendable {
  private struct Wait {
    let promise = Promise<Envelope?>()
    /// When it is forgotten.
    var deadline: Deadlines.Ticket?
    /// The process that works on the answer and wants to know when nobody waits any more.
    var worker: String?
  }

  /// More questions than this at once are refused.
  private static let waitsMax = 10_000
  /// Who has said that it will wait, and does not, is forgotten after this.
  private static let unawaitedMax: Duration = .seconds(60)

  let process: String
  let publisher: DirectPublisher
  /// What this process answers itself: cancellations arrive with its answers.
  let running: RunningAnswers
  private let broker: any Broker
  private let answers: any BrokerFollower
  private let logger: Logger
  private let waits = Mutex<[String: Wait]>([:])

  init(process: String, broker: any Broker, metrics: MetricsRegistry, logger: Logger) {
    self.process = process
    self.broker = broker
    self.logger = logger
    publisher = DirectPublisher(broker: broker, metrics: metrics)
    running = RunningAnswers(process: process, publisher: publisher)
    answers = broker.follow(stream: Topic.replies(process: process).streamKey(0))
  }

  // MARK: - Questions

  /// - Parameter topic: nil: the question's own.
  func ask<Q: Query>(_ query: Q, on topic: Topic? = nil, within limit: Duration) async throws -> Q.Reply {
    let correlation = UUID.v7().text
    let question = try envelope(query, id: .v7(), correlation: correlation, timeToLive: limit)
    guard register(correlation, atMost: limit) else {
      throw QueryFailure(code: "overloaded", message: "\(Self.waitsMax) questions are waiting for answers")
    }
    defer { forget(correlation) }
    let isTaken = publisher.submitNow([Publication(question, topic: topic ?? Q.topic)]) { [weak self] result in
      if let self, let error = refusal(result) { fail(correlation, error) }
    }
    guard isTaken else {
      throw QueryFailure(code: "overloaded", message: "too much waits to be sent to the broker")
    }
    guard let answer = try await wait(correlation, within: limit) else {
      try Task.checkCancellation()
      throw QueryFailure(
        code: "timeout", message: "\(Q.messageType) had no answer within \(limit.milliseconds) ms")
    }
    switch answer.type {
    case QueryServer.failureType: throw try MessageCoder.decode(QueryFailure.self, from: answer.body)
    case QueryHandler.failureType(Q.messageType): throw try MessageCoder.decode(Q.Failure.self, from: answer.body)
    default: return try MessageCoder.decode(Q.Reply.self, from: answer.body)
    }
  }

  private func refusal(_ result: Result<DirectPublisher.Receipt, any Error>) -> (any Error)? {
    switch result {
    case .failure(let error) where broker.isOutage(error):
      return QueryFailure(code: "unavailable", message: "the broker is away: \(error)")
    case .failure(let error): return error
    case .success(let receipt):
      guard case .refused(let reason)? = receipt.outcomes.first else { return nil }
      return QueryFailure(code: "unavailable", message: "the question was not accepted: \(reason)")
    }
  }

  /// Sends a message without an outbox: for commands of programs without a database, answered to this process.
  func send<M: Message>(
    _ message: M, on topic: Topic? = nil, id: UUID = .v7(), correlation: String, timeToLive: Duration?
  ) async throws {
    let envelope = try envelope(message, id: id, correlation: correlation, timeToLive: timeToLive)
    let report = try await broker.publish([Publication(envelope, topic: topic ?? M.topic)])
    if case .refused(let reason)? = report.outcomes.first {
      throw TransientFailure("\(envelope.type) was not accepted: \(reason)")
    }
  }

  private func envelope<M: Message>(
    _ message: M, id: UUID, correlation: String, timeToLive: Duration?
  ) throws -> Envelope {
    let envelope = Envelope(
      id: id, type: M.messageType, version: M.messageVersion, key: message.messageKey, createdAt: Date(),
      timeToLive: timeToLive, correlation: correlation, replyTo: process, body: try MessageCoder.encode(message))
    guard envelope.body.count <= Envelope.bodyBytesMax else {
      throw InvariantViolation(
        "\(envelope.type) has a body of \(envelope.body.count) bytes; the most is \(Envelope.bodyBytesMax)")
    }
    return envelope
  }

  // MARK: - Waits

  /// False: too many wait already.
  /// - Parameter limit: for so long it is remembered that an answer is expected, if nobody begins to wait for it.
  @discardableResult
  func register(_ correlation: String, atMost limit: Duration = Asker.unawaitedMax) -> Bool {
    let isRegistered = waits.withLock { waits in
      guard waits.count < Self.waitsMax else { return false }
      if waits[correlation] == nil { waits[correlation] = Wait() }
      return true
    }
    if isRegistered { _ = setDeadline(of: correlation, after: limit) }
    return isRegistered
  }

  /// nil: nobody waits for this.
  private func setDeadline(of correlation: String, after limit: Duration) -> Wait? {
    let ticket = Deadlines.shared.add(after: limit) { [weak self] in self?.forget(correlation) }
    let (found, old) = waits.withLock { waits in
      let old = waits[correlation]?.deadline
      waits[correlation]?.deadline = ticket
      return (waits[correlation], old)
    }
    if let useless = found == nil ? ticket : old { Deadlines.shared.remove(useless) }
    return found
  }

  /// Nobody waits for this any more. Who works on it is told, unless the answer has come.
  func forget(_ correlation: String) {
    guard let wait = waits.withLock({ $0.removeValue(forKey: correlation) }) else { return }
    wait.promise.set(.success(nil))
    if let deadline = wait.deadline { Deadlines.shared.remove(deadline) }
    if let worker = wait.worker { cancel(correlation, at: worker) }
  }

  private func fail(_ correlation: String, _ error: any Error) {
    waits.withLock { $0[correlation] }?.promise.set(.failure(error))
  }

  /// nil when nothing came within the limit or the task was cancelled.
  func wait(_ correlation: String, within limit: Duration) async throws -> Envelope? {
    guard let found = setDeadline(of: correlation, after: limit) else { return nil }
    return try await withTaskCancellationHandler {
      try await found.promise.value()
    } onCancel: {
      forget(correlation)
    }
  }

  // MARK: - Answers

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

  /// Ends all waits and forgets the reply stream.
  func close() async {
    await answers.close()
    for correlation in waits.withLock({ Array($0.keys) }) { forget(correlation) }
    do {
      let (broker, stream) = (broker, Topic.replies(process: process).streamKey(0))
      try await waiting(atMost: .milliseconds(500)) { try await broker.remove(stream: stream) }
    } catch {
      logger.debug("the reply stream expires by itself", metadata: ["error": "\(error)"])
    }
  }

  private func deliver(_ answer: Delivery) {
    let envelope: Envelope
    do {
      envelope = try answer.envelope()
    } catch {
      logger.warning("an answer cannot be read", metadata: ["error": "\(error)"])
      return
    }
    switch envelope.type {
    case RunningAnswers.cancelType: running.cancel(correlation: envelope.correlation)
    case RunningAnswers.takenType: note(envelope.correlation, worker: envelope.replyTo)
    default:
      // Nobody waits any more, or the answer came twice, when there is no such wait.
      waits.withLock { waits in
        waits[envelope.correlation]?.worker = nil
        return waits[envelope.correlation]
      }?.promise.set(.success(envelope))
    }
  }

  private func note(_ correlation: String, worker: String) {
    let isWaiting = waits.withLock { waits in
      waits[correlation]?.worker = worker
      return waits[correlation] != nil
    }
    if !isWaiting { cancel(correlation, at: worker) }
  }

  private func cancel(_ correlation: String, at worker: String) {
    let cancellation = Envelope(
      id: .v7(), type: RunningAnswers.cancelType, version: 1, key: "", createdAt: Date(), correlation: correlation,
      body: Array("{}".utf8))
    // Without it the answer only lasts until its deadline.
    _ = publisher.submitNow([Publication(cancellation, topic: .replies(process: worker))]) { _ in }
  }
}
