import Foundation
import Synchronization

/// The body and type of an answer, or of a typed failure.
struct QueryReply: Sendable {
  let type: String
  let body: [UInt8]
}

typealias QueryAnswer = @Sendable (Envelope) async throws -> QueryReply

extension QueryHandler {
  static func replyType(_ question: String) -> String { "\(question).Reply" }
  static func failureType(_ question: String) -> String { "\(question).Failure" }

  static func answer<Q: Query>(
    _ type: Q.Type, _ body: @escaping @Sendable (Q) async throws -> Q.Reply
  ) -> QueryAnswer {
    { envelope in
      guard envelope.version <= Q.messageVersion else {
        throw QueryFailure(
          code: "unknown_query",
          message: "\(Q.messageType) is answered up to version \(Q.messageVersion), not \(envelope.version)")
      }
      let question: Q
      do { question = try envelope.message(as: Q.self) } catch {
        throw QueryFailure(code: "unreadable_query", message: "\(error)")
      }
      do {
        let reply = try await body(question)
        return QueryReply(type: replyType(Q.messageType), body: try MessageCoder.encode(reply))
      } catch let failure as Q.Failure {
        return QueryReply(type: failureType(Q.messageType), body: try MessageCoder.encode(failure))
      }
    }
  }
}

/// The answers that this process works on, so that an asker who no longer waits can end them.
///
/// Most answers are quick. One that takes longer than `noticeAfter` tells its asker which process to send a
/// cancellation to; every one ends at its question's deadline.
final class RunningAnswers: Sendable {
  /// "I work on your question; tell me when you do not need the answer." `replyTo` is the answering process.
  static let takenType = "bus.QueryTaken"
  /// "I do not wait for this answer any more."
  static let cancelType = "bus.QueryCancel"
  private static let noticeAfter: Duration = .milliseconds(50)

  private struct Entry {
    let question: Envelope
    let promise: Promise<QueryReply>
    let task: Task<Void, Never>
  }

  private let process: String
  private let publisher: DirectPublisher
  private let entries = Mutex<[UUID: Entry]>([:])

  init(process: String, publisher: DirectPublisher) {
    self.process = process
    self.publisher = publisher
  }

  /// - Throws: `CancellationError` when the asker has cancelled, `TransientFailure` at the deadline; the work goes on
  ///   without anybody waiting if it does not heed its cancellation.
  func run(_ question: Envelope, within limit: Duration, _ answer: @escaping QueryAnswer) async throws -> QueryReply {
    let promise = Promise<QueryReply>()
    let task = Task {
      do { promise.set(.success(try await answer(question))) } catch { promise.set(.failure(error)) }
    }
    let entry = Entry(question: question, promise: promise, task: task)
    entries.withLock { $0[question.id] = entry }
    let deadline = Deadlines.shared.add(after: limit) {
      Self.end(entry, TransientFailure("no result before the question's deadline"))
    }
    let notice = Deadlines.shared.add(after: Self.noticeAfter) { [weak self] in self?.tellAsker(question) }
    defer {
      Deadlines.shared.remove(deadline)
      Deadlines.shared.remove(notice)
      entries.withLock { _ = $0.removeValue(forKey: question.id) }
    }
    return try await withTaskCancellationHandler {
      try await promise.value()
    } onCancel: {
      task.cancel()
      promise.set(.failure(CancellationError()))
    }
  }

  /// The asker of these questions no longer waits.
  func cancel(correlation: String) {
    let ended = entries.withLock { $0.values.filter { $0.question.correlation == correlation } }
    for entry in ended { Self.end(entry, CancellationError()) }
  }

  private static func end(_ entry: Entry, _ error: any Error) {
    entry.task.cancel()
    entry.promise.set(.failure(error))
  }

  private func tellAsker(_ question: Envelope) {
    guard !question.replyTo.isEmpty else { return }
    let notice = Envelope(
      id: .v7(), type: Self.takenType, version: 1, key: "", createdAt: Date(), correlation: question.correlation,
      causation: question.id.text, replyTo: process, body: Array("{}".utf8))
    // Without it the answer only lasts until its deadline: nothing is lost when it does not arrive.
    _ = publisher.submitNow([Publication(notice, topic: .replies(process: question.replyTo))]) { _ in }
  }
}
