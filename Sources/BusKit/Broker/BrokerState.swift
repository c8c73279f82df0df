/// What operators see of one partition.
public struct PartitionState: Sendable {
  /// From 0.
  public let partition: Int
  /// Messages in the stream, whether read or not.
  public let length: Int
  /// What it takes of the broker's memory; nil: unknown.
  public let bytes: Int?
  /// The age of the oldest message, in milliseconds of the broker's clock; nil: empty.
  public let oldestMilliseconds: Int64?
  /// Dead letters of all groups.
  public let dead: Int
  /// Those that exist, declared or not.
  public let groups: [GroupState]

  public init(
    partition: Int, length: Int, bytes: Int?, oldestMilliseconds: Int64?, dead: Int, groups: [GroupState]
  ) {
    self.partition = partition
    self.length = length
    self.bytes = bytes
    self.oldestMilliseconds = oldestMilliseconds
    self.dead = dead
    self.groups = groups
  }
}

/// What operators see of one group on one partition.
public struct GroupState: Sendable {
  /// The service's, as declared by the topic.
  public let name: String
  /// Messages that it has not read yet; nil: unknown until it has read everything once. Redis says too many after a
  /// restart, until a trim finds that everything is read.
  public let lag: Int?
  /// Read and not acknowledged.
  public let pending: Int
  /// How long ago the oldest pending message was added to the stream, in milliseconds.
  public let oldestPendingMilliseconds: Int64?
  /// It may still need messages that were added since then, by the broker's clock; nil: none that there are.
  public let neededSince: Int64?
  /// The processes that have read with it and have not been removed.
  public let consumers: [ConsumerState]

  public init(
    name: String, lag: Int?, pending: Int, oldestPendingMilliseconds: Int64?, neededSince: Int64? = nil,
    consumers: [ConsumerState]
  ) {
    self.neededSince = neededSince
    self.name = name
    self.lag = lag
    self.pending = pending
    self.oldestPendingMilliseconds = oldestPendingMilliseconds
    self.consumers = consumers
  }
}

/// What operators see of one process that reads.
public struct ConsumerState: Sendable, Equatable {
  /// Unique to the process; never used again.
  public let name: String
  /// Deliveries that it has not ended yet.
  public let pending: Int
  /// Since it last got something, in milliseconds.
  public let idleMilliseconds: Int64

  public init(name: String, pending: Int, idleMilliseconds: Int64) {
    self.name = name
    self.pending = pending
    self.idleMilliseconds = idleMilliseconds
  }
}

/// A message that a group gave up, readable without decoding its body.
public struct DeadLetter: Sendable {
  /// Its place among the dead letters.
  public let id: String
  /// Which group gave it up; for the others it is a message like any.
  public let group: String
  /// A word for programs: `undecodable`, `attempts`, `invariant`, `permanent`, `too_old`, `unknown_type`,
  /// `overdue`.
  public let reason: String
  /// A sentence for people.
  public let detail: String
  /// How often it was delivered before it was given up.
  public let deliveries: Int
  /// When the message entered its stream and when it was buried: milliseconds since 1970, broker's clock.
  public let firstMilliseconds: Int64
  /// When it was buried: milliseconds since 1970, broker's clock.
  public let buriedMilliseconds: Int64
  private let open: @Sendable () throws -> Envelope

  public init(
    id: String, group: String, reason: String, detail: String, deliveries: Int, firstMilliseconds: Int64,
    buriedMilliseconds: Int64, open: @escaping @Sendable () throws -> Envelope
  ) {
    self.id = id
    self.group = group
    self.reason = reason
    self.detail = detail
    self.deliveries = deliveries
    self.firstMilliseconds = firstMilliseconds
    self.buriedMilliseconds = buriedMilliseconds
    self.open = open
  }

  /// - Throws: `DecodingFailure`: being unreadable may be what it died of.
  public func envelope() throws -> Envelope { try open() }

  /// Since when inboxes may know the message. One that was put back before has a young place in the stream.
  var knownSince: Int64 {
    // What cannot be read says nothing of its age, and has been applied by nobody.
    guard let envelope = try? envelope() else { return firstMilliseconds }
    return min(firstMilliseconds, envelope.createdMilliseconds)
  }
}

/// What is written on a dead letter that was no delivery: the message waited in a database when it was given up.
public struct DeadLetterNote: Sendable {
  /// The topic that the message came from.
  public let topic: Topic
  /// The partition that the message came from.
  public let partition: Int
  /// The group that gives it up.
  public let group: String
  /// A word for programs, as in `DeadLetter.reason`.
  public let reason: String
  /// A sentence for people.
  public let detail: String
  /// How often it was tried.
  public let deliveries: Int

  public init(topic: Topic, partition: Int, group: String, reason: String, detail: String, deliveries: Int) {
    self.topic = topic
    self.partition = partition
    self.group = group
    self.reason = reason
    self.detail = detail
    self.deliveries = deliveries
  }
}
