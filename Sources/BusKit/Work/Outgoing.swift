import Foundation

/// A message on its way into the outbox.
struct Outgoing: Sendable {
  let topic: Topic
  let envelope: Envelope

  init<M: Message>(
    _ message: M, topic: Topic, now: Date, cause: Envelope?, timeToLive: Duration?, replyTo: String,
    correlation: String?
  ) throws {
    let id = UUID.v7(milliseconds: Int64(now.timeIntervalSince1970 * 1000))
    self.topic = topic
    self.envelope = Envelope(
      id: id, type: M.messageType, version: M.messageVersion, key: message.messageKey, createdAt: now,
      timeToLive: timeToLive,
      correlation: correlation ?? cause.map(\.correlation).flatMap { $0.isEmpty ? nil : $0 } ?? id.text,
      causation: cause.map { $0.type.isEmpty ? "" : $0.id.text } ?? "", traceparent: cause?.traceparent ?? "",
      replyTo: replyTo,
      body: try MessageCoder.encode(message))
  }
}

/// An outbox row that waits to be sent.
struct OutboxRecord: Sendable {
  let envelope: Envelope
  let topicName: String
  let streamKey: String
  let isTransient: Bool
  /// The partition of the outbox that holds it.
  let day: OutboxDay

  /// - Parameter day: that of the message's creation if left out, which is where a new row goes.
  init(envelope: Envelope, topicName: String, streamKey: String, isTransient: Bool, day: OutboxDay? = nil) {
    self.envelope = envelope
    self.topicName = topicName
    self.streamKey = streamKey
    self.isTransient = isTransient
    self.day = day ?? OutboxDay(of: envelope.createdAt)
  }
}

extension OutboxRecord {
  init(_ outgoing: Outgoing) {
    self.init(
      envelope: outgoing.envelope, topicName: outgoing.topic.name,
      streamKey: outgoing.topic.streamKey(outgoing.topic.partition(of: outgoing.envelope.key)),
      isTransient: outgoing.topic.isTransient)
  }
}

extension OutboxRecord {
  /// - Parameter topics: the lasting ones that its service has said it publishes to.
  func check(isFor topics: Set<String>) throws {
    guard !isTransient, !topics.contains(topicName) else { return }
    throw InvariantViolation(
      "\(envelope.type) goes to \(topicName), which is not declared; add it to service.publishes([…])")
  }

  var publication: Publication {
    Publication(stream: streamKey, envelope: envelope, lengthMax: isTransient ? Topic.repliesMax : nil)
  }
}
