import Foundation

extension BusClient {
  private static let chunkMax = 500
  private static let chunkBytesMax = 512 * 1024
  /// Chunks of one call on their way at a time.
  private static let chunksMax = 4

  /// Publishes one message, without a database: it is stored when this returns. What many tasks publish at the same
  /// time travels together.
  /// - Throws: `PublishFailure` when it was refused (its topic is full, the broker has no memory left) or when the
  ///   broker's answer is missing. `EncodingError`, `InvariantViolation` for a body that is too large.
  public func publish<M: Message>(_ message: M, correlation: String? = nil) async throws {
    try await publish([message], correlation: correlation)
  }

  /// Publishes many messages: those of one partition are stored in this order. Waits while too much is on its way.
  ///
  /// Cancelling takes nothing back. Without a database there is no outbox: if the process ends before this returns,
  /// some of the messages may be stored and others not.
  /// - Throws: `PublishFailure` names those that were not stored. An error of encoding: those before the message that
  ///   cannot be encoded may be stored.
  public func publish<M: Message>(_ messages: [M], correlation: String? = nil) async throws {
    var waiting: [(range: Range<Int>, promise: Promise<DirectPublisher.Receipt>)] = []
    var tally = PublishTally(lengthMax: M.topic.isTransient ? nil : M.topic.lengthMax, publisher: asker.publisher)
    var start = 0
    while start < messages.count, tally.cause == nil {
      let chunk: [Publication]
      do {
        chunk = try publications(messages, from: start, correlation: correlation)
        if let reason = try await lackOfRoom(chunk, topic: M.topic) {
          tally.isFull = reason
          break
        }
      } catch {
        for (range, promise) in waiting { await tally.add(range, promise) }
        throw error
      }
      let promise = Promise<DirectPublisher.Receipt>()
      await asker.publisher.submit(chunk) { promise.set($0) }
      waiting.append((start..<start + chunk.count, promise))
      start += chunk.count
      if waiting.count >= Self.chunksMax {
        let (range, promise) = waiting.removeFirst()
        await tally.add(range, promise)
      }
    }
    for (range, promise) in waiting { await tally.add(range, promise) }
    try tally.check(unsent: start..<messages.count)
  }

  private func publications<M: Message>(
    _ messages: [M], from start: Int, correlation: String?
  ) throws -> [Publication] {
    let now = Date()
    let streams = (0..<M.topic.partitions).map { M.topic.streamKey($0) }
    let lengthMax = M.topic.isTransient ? M.topic.lengthMax : nil
    var chunk: [Publication] = []
    chunk.reserveCapacity(min(Self.chunkMax, messages.count - start))
    var bytes = 0
    for message in messages[start...].prefix(Self.chunkMax) where bytes < Self.chunkBytesMax {
      let id = UUID.v7()
      let envelope = Envelope(
        id: id, type: M.messageType, version: M.messageVersion, key: message.messageKey, createdAt: now,
        correlation: correlation ?? id.text, body: try MessageCoder.encode(message))
      guard envelope.body.count <= Envelope.bodyBytesMax else {
        throw InvariantViolation(
          "\(M.messageType) has a body of \(envelope.body.count) bytes; the most is \(Envelope.bodyBytesMax)")
      }
      bytes += envelope.body.count
      chunk.append(
        Publication(stream: streams[M.topic.partition(of: envelope.key)], envelope: envelope, lengthMax: lengthMax))
    }
    return chunk
  }

  private func lackOfRoom(_ chunk: [Publication], topic: Topic) async throws -> String? {
    guard !topic.isTransient, asker.publisher.knowsFullStreams else { return nil }
    for stream in Set(chunk.lazy.map(\.stream)) {
      guard try await asker.publisher.hasRoom(stream, lengthMax: topic.lengthMax) else {
        return "\(stream) holds \(topic.lengthMax) messages, its cap: wait until its groups have caught up"
      }
    }
    return nil
  }

  /// What is in a topic, partition by partition.
  public func state(of topic: Topic) async throws -> [PartitionState] { try await broker.state(of: topic) }

  // MARK: - Consuming

  /// A consumer that is ready to run, for a `ServiceGroup` or to be stopped by hand.
  public func runtime(of consumer: Consumer) -> ConsumerRuntime { ConsumerRuntime(consumer, client: self) }

  /// Consumes until the task is cancelled; then finishes what it has begun and returns.
  public func run(_ consumer: Consumer) async throws { try await runtime(of: consumer).run() }

  /// Consumes messages of one type until the task is cancelled. At least once: effects must be idempotent.
  public func consume<M: Message>(
    _ type: M.Type, group: String, options: ConsumerOptions = ConsumerOptions(),
    _ body: @escaping @Sendable (M, Envelope) async throws -> Void
  ) async throws {
    var consumer = Consumer(group: group, options: options)
    consumer.handle(type, body)
    try await run(consumer)
  }
}

/// What became of the messages of one `publish`.
private struct PublishTally {
  let lengthMax: Int?
  let publisher: DirectPublisher
  var refusals: [PublishFailure.Refusal] = []
  var unknown: [Int] = []
  var cause: (any Error)?
  var isFull: String?

  mutating func add(_ range: Range<Int>, _ promise: Promise<DirectPublisher.Receipt>) async {
    do {
      let receipt = try await promise.value()
      for (offset, outcome) in receipt.outcomes.enumerated() {
        guard case .refused(let reason) = outcome else { continue }
        refusals.append(.init(index: range.lowerBound + offset, reason: reason))
      }
      guard let lengthMax else { return }
      for (stream, length) in receipt.lengths { publisher.note(length: length, of: stream, lengthMax: lengthMax) }
    } catch {
      unknown.append(contentsOf: range)
      cause = error
    }
  }

  func check(unsent: Range<Int>) throws {
    let refusals = refusals + unsent.map { .init(index: $0, reason: isFull ?? "not sent after the failure before it") }
    guard refusals.isEmpty, unknown.isEmpty else {
      throw PublishFailure(refusals: refusals, unknown: unknown, cause: cause)
    }
  }
}
