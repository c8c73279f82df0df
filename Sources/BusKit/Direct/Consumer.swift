/// What a program without a database does with messages: a value, run by `BusClient.run(_:)`.
///
/// Every message is handled at least once: a message whose process dies, or whose acknowledgement is lost, is handled
/// again. So effects must be idempotent (`Envelope.id` is the same every time). Where that is not possible, use a
/// `Service`: its database makes the effect single.
///
/// A handler that throws is called again after a back-off, until `attemptsMax`; then the message is a dead letter.
/// `PermanentFailure` and `InvariantViolation` make it one at once; `TransientFailure` and `Throttled` name the wait.
public struct Consumer: Sendable {
  /// The consumer group. It must be declared by every topic that is read; what a group that nobody has declared has not
  /// read is not kept.
  public let group: String
  /// Times and sizes.
  public var options: ConsumerOptions

  var routes: [String: DirectRoute] = [:]
  var topics: [Topic] = []
  var answers: [String: QueryAnswer] = [:]
  var queryTopics: [Topic] = []

  public init(group: String, options: ConsumerOptions = ConsumerOptions()) {
    self.group = group
    self.options = options
  }

  /// Calls `body` for each message, with the message's envelope.
  public mutating func handle<M: Message>(
    _ type: M.Type, _ body: @escaping @Sendable (M, Envelope) async throws -> Void
  ) {
    add(
      type,
      .each { envelope in try await body(try envelope.message(as: M.self), envelope) })
  }

  /// Calls `body` for each batch: as many messages of this type as stood next to each other in what was read. If it
  /// throws, all of them have failed; with `PartialFailure` those that it names.
  public mutating func handleBatches<M: Message>(
    _ type: M.Type, _ body: @escaping @Sendable ([Received<M>]) async throws -> Void
  ) {
    add(type, .batch { envelopes in try await Received.handle(envelopes, body) })
  }

  /// Acknowledges messages of a type that this group has no use for. Without this they are held as not yet known.
  public mutating func ignore<M: Message>(_ type: M.Type) { add(type, .each { _ in }) }

  /// Answers a question. Throw `Q.Failure` or `QueryFailure` to answer with an error. Cancelled when the asker is.
  public mutating func answer<Q: Query>(_ type: Q.Type, _ body: @escaping @Sendable (Q) async throws -> Q.Reply) {
    answers[Q.messageType] = QueryHandler.answer(type, body)
    if !queryTopics.contains(Q.topic) { queryTopics.append(Q.topic) }
  }

  private mutating func add<M: Message>(_ type: M.Type, _ work: DirectRoute.Work) {
    routes[M.messageType] = DirectRoute(version: M.messageVersion, work: work)
    if !topics.contains(M.topic) { topics.append(M.topic) }
  }

  /// - Throws: `InvariantViolation` when a topic does not know the group.
  func validate() throws {
    for topic in topics where !topic.groups.contains(where: { $0.name == group }) {
      throw InvariantViolation(
        "topic \(topic.name) does not declare the group \(group): add .essential(\"\(group)\") to its groups")
    }
  }
}

/// A message as a batch handler gets it.
public struct Received<M: Message>: Sendable {
  /// The decoded body.
  public let message: M
  /// What it came in; its `id` is the same at every delivery.
  public let envelope: Envelope

  /// Decodes and handles a batch; returns what failed, by place.
  fileprivate static func handle(
    _ envelopes: [Envelope], _ body: @Sendable ([Received<M>]) async throws -> Void
  ) async throws -> [Int: any Error] {
    var failures: [Int: any Error] = [:]
    var batch: [Received<M>] = []
    var places: [Int] = []
    batch.reserveCapacity(envelopes.count)
    places.reserveCapacity(envelopes.count)
    for (place, envelope) in envelopes.enumerated() {
      do {
        batch.append(Received(message: try envelope.message(as: M.self), envelope: envelope))
        places.append(place)
      } catch {
        failures[place] = error
      }
    }
    guard !batch.isEmpty else { return failures }
    do {
      try await body(batch)
    } catch let partial as PartialFailure {
      for (index, error) in partial.failures {
        // A place that the batch does not have would leave a failed message acknowledged.
        guard places.indices.contains(index) else {
          throw InvariantViolation("PartialFailure names place \(index) of a batch of \(batch.count)")
        }
        failures[places[index]] = error
      }
    } catch {
      for place in places { failures[place] = error }
    }
    return failures
  }
}

/// Thrown by a batch handler: only these of its messages have failed.
public struct PartialFailure: Error {
  /// Why, by the message's place in the batch.
  public let failures: [Int: any Error]
  public init(_ failures: [Int: any Error]) { self.failures = failures }
}

/// A handler without its message's type.
struct DirectRoute: Sendable {
  enum Work: Sendable {
    case each(@Sendable (Envelope) async throws -> Void)
    /// Returns what failed, by place.
    case batch(@Sendable ([Envelope]) async throws -> [Int: any Error])
  }
  let version: Int
  let work: Work
}
