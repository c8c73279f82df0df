import Foundation

/// A message with what the bus needs to carry it. `id` is its only identity: stream ids change when a message is sent
/// again.
public struct Envelope: Sendable, Equatable {
  /// The largest body the bus carries. Larger things belong in a database, with a reference in the message.
  public static let bodyBytesMax = 256 * 1024

  /// The identity by which repetitions are recognised.
  public var id: UUID
  /// `Message.messageType`
  public var type: String
  /// `Message.messageVersion`
  public var version: Int
  /// `Message.messageKey`: decides the partition.
  public var key: String
  /// When it was written, by the database of its sender.
  public var createdAt: Date
  /// How long after `createdAt` it is worth acting on; nil: always.
  public var timeToLive: Duration?
  /// Ties everything together that one request caused.
  public var correlation: String
  /// The message that caused this one.
  public var causation: String
  /// W3C trace context, or empty.
  public var traceparent: String
  /// The process that waits for an answer (`Topic.replies`), or empty.
  public var replyTo: String
  /// What the body is; `application/json`.
  public var contentType: String
  /// The message itself, at most `bodyBytesMax`.
  public var body: [UInt8]

  public init(
    id: UUID, type: String, version: Int, key: String, createdAt: Date, timeToLive: Duration? = nil,
    correlation: String, causation: String = "", traceparent: String = "", replyTo: String = "",
    contentType: String = "application/json", body: [UInt8]
  ) {
    self.id = id
    self.type = type
    self.version = version
    self.key = key
    self.createdAt = createdAt
    self.timeToLive = timeToLive
    self.correlation = correlation
    self.causation = causation
    self.traceparent = traceparent
    self.replyTo = replyTo
    self.contentType = contentType
    self.body = body
  }

  /// Whether its time to live is over. The bus leaves it to the handler what that means.
  public func isExpired(at now: Date) -> Bool {
    guard let timeToLive else { return false }
    return now.timeIntervalSince(createdAt) * 1000 > Double(timeToLive.milliseconds)
  }
}

extension Duration {
  /// Whole milliseconds; the rest is cut off.
  public var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
  /// Seconds, to the millisecond.
  public var timeInterval: TimeInterval { Double(milliseconds) / 1000 }
}
