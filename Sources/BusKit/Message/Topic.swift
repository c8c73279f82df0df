/// A stream of messages with a fixed number of partitions and the consumer groups that may read it.
public struct Topic: Sendable, Hashable {
  /// `owner.plural`, e.g. `order.events`. Part of the streams' keys.
  public let name: String
  /// From 1. A change moves keys to other streams: what is in the old ones must be read first.
  public let partitions: Int
  /// Who may read it; nobody else's reading is waited for.
  public let groups: [ConsumerGroup]
  /// The length of one partition at which publishing stops (essential groups) or the oldest entries go (observers
  /// only).
  public let lengthMax: Int
  /// Streams of questions and answers are short-lived: their keys expire when nobody has written for a minute.
  public let isTransient: Bool

  public init(
    _ name: String, partitions: Int = 1, groups: [ConsumerGroup], lengthMax: Int = 1_000_000, isTransient: Bool = false
  ) {
    self.name = name
    self.partitions = max(1, partitions)
    self.groups = groups
    self.lengthMax = lengthMax
    self.isTransient = isTransient
  }

  /// The partition of a key: FNV-1a, the same in every process and on every machine.
  public func partition(of key: String) -> Int {
    guard partitions > 1 else { return 0 }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return Int(hash % UInt64(partitions))
  }

  /// The Redis key of a partition's messages. The braces are the hash tag of a cluster.
  public func streamKey(_ partition: Int) -> String { "bus:{\(name).\(partition)}:stream" }
  /// The Redis key of a partition's dead letters.
  public func deadKey(_ partition: Int) -> String { "bus:{\(name).\(partition)}:dead" }

  /// The stream on which one process receives answers.
  public static func replies(process: String) -> Topic {
    Topic("replies.\(process)", groups: [], lengthMax: repliesMax, isTransient: true)
  }

  /// How many answers stay on a process' stream before the oldest go. Those that were read stay, too, until then: more
  /// than may wait at a time would only take up Redis' memory.
  static let repliesMax = 10_000
}

/// A reader of a topic: one per service, shared by its replicas.
public struct ConsumerGroup: Sendable, Hashable {
  /// What becomes of the topic when the group falls behind.
  public enum Role: String, Sendable {
    /// Nothing it has not acknowledged is ever trimmed; at the cap publishing stops.
    case essential
    /// Trimmed at the cap, counted, and replayable from the outbox.
    case observer
  }
  /// The service's name.
  public let name: String
  /// What becomes of the topic when the group falls behind.
  public let role: Role

  /// A reader that loses nothing; at the cap its publishers stop.
  public static func essential(_ name: String) -> ConsumerGroup { .init(name: name, role: .essential) }
  /// A reader that may lose what it is too slow for.
  public static func observer(_ name: String) -> ConsumerGroup { .init(name: name, role: .observer) }
}
