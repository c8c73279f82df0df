/// One consumer of a consumer group on one partition of a topic.
///
/// A delivery that was read is leased: until the lease runs out nobody else gets it. It ends by `acknowledge`, `bury`,
/// or `release`, which hands it back.
///
/// Calls that find the group gone throw `StreamLost`; `acknowledge` may pass over it.
public protocol BrokerSubscription: Sendable {
  var options: SubscriptionOptions { get }
  /// How often the reading connection was opened anew: with an old one a reply may have got lost, and what was in it is
  /// this consumer's without its knowing.
  var generation: Int { get }

  /// Makes the group, which begins with the oldest message there is. Does nothing when it exists.
  func ensure() async throws

  /// The next messages that nobody of the group has had; waits for the first of them.
  /// - Parameter acknowledging: what is read is done with; nothing of it is ever pending.
  func read(limit: Int, wait: Duration, acknowledging: Bool) async throws -> [Delivery]

  /// Acknowledges what is done, and then reads the next messages, which are leased: in one go where the broker can.
  /// - Throws: when it is not known whether they were acknowledged, or whether something was read.
  func read(limit: Int, wait: Duration, done: [String]) async throws -> [Delivery]

  func acknowledge(_ ids: [String]) async throws

  /// Renews the leases of deliveries that are still this consumer's; returns those.
  func extend(_ ids: [String]) async throws -> Set<String>

  /// Hands back what is still this consumer's: anybody may claim it after `delay` (at most a lease).
  /// - Parameter isAttempt: false: its count of deliveries goes back to what it was before this one.
  func release(_ ids: [String], after delay: Duration, isAttempt: Bool) async throws

  /// Moves a delivery to the dead letters, if it is still this consumer's; returns whether it was.
  func bury(_ delivery: Delivery, reason: String, detail: String) async throws -> Bool

  /// Deliveries that nobody has renewed for `idle`, of everybody or of one consumer, oldest first.
  func pending(idle: Duration, of owner: String?, limit: Int) async throws -> [PendingDelivery]

  /// Takes one delivery over if it is still idle for that long: of several that try, one gets it.
  func claim(_ id: String, idle: Duration) async throws -> Claim

  /// The same only if it is still this owner's (nil: anybody's): who looked a while ago must not take it from whoever
  /// has taken it over since. There is a default, which looks first.
  func claim(_ id: String, idle: Duration, of owner: String?) async throws -> Claim

  func consumers() async throws -> [ConsumerState]

  /// Removes a consumer that holds nothing; one that holds something stays.
  func remove(consumer: String) async throws

  /// Removes what every declared group has acknowledged and, above the topic's cap, what every essential one has; and
  /// dead letters older than `deadAge`. Returns how many messages went.
  func trim(deadAge: Duration) async throws -> Int

  func close() async
}

extension BrokerSubscription {
  /// One after the other.
  public func read(limit: Int, wait: Duration, done: [String]) async throws -> [Delivery] {
    if !done.isEmpty { try await acknowledge(done) }
    return try await read(limit: limit, wait: wait, acknowledging: false)
  }

  /// By looking first. A broker that can look as it takes has its own.
  public func claim(_ id: String, idle: Duration, of owner: String?) async throws -> Claim {
    if let owner {
      let held = try await pending(idle: idle, of: owner, limit: .max)
      guard held.contains(where: { $0.id == id }) else { return .gone }
    }
    return try await claim(id, idle: idle)
  }
}

/// Who reads what.
public struct SubscriptionOptions: Sendable {
  /// The topic that is read.
  public let topic: Topic
  /// One of the topic's, from 0.
  public let partition: Int
  /// The consumer group: a service's name.
  public let group: String
  /// The process within the group; a name that is never used again.
  public let consumer: String
  /// How long a delivery stays this consumer's without being renewed.
  public let lease: Duration

  public init(topic: Topic, partition: Int, group: String, consumer: String, lease: Duration) {
    self.topic = topic
    self.partition = partition
    self.group = group
    self.consumer = consumer
    self.lease = lease
  }

  /// The stream of the partition.
  public var stream: String { topic.streamKey(partition) }
}

/// A reader of one stream without a group.
public protocol BrokerFollower: Sendable {
  /// What came since the last call; waits for the first of it.
  func next(limit: Int, wait: Duration) async throws -> [Delivery]
  func close() async
}

/// One message as a consumer got it.
public struct Delivery: Sendable {
  /// Its place in the stream: orders deliveries, and is new whenever the message is sent again.
  public let id: String
  /// How often it has been delivered, this time included.
  public let deliveries: Int
  /// When it was added, by the broker's clock: milliseconds since 1970.
  public let milliseconds: Int64
  private let open: (@Sendable () throws -> Envelope)?

  /// - Parameter open: reads the message; nil: it was trimmed while it was pending, and is lost.
  public init(id: String, deliveries: Int, milliseconds: Int64, open: (@Sendable () throws -> Envelope)?) {
    self.id = id
    self.deliveries = deliveries
    self.milliseconds = milliseconds
    self.open = open
  }

  /// Nobody will see this message: it was removed from the stream while it was pending.
  public var isLost: Bool { open == nil }

  /// - Throws: `DecodingFailure` when the entry is not a message.
  public func envelope() throws -> Envelope {
    guard let open else { throw DecodingFailure(field: "entry", value: "\(id) was trimmed") }
    return try open()
  }
}

/// A delivery that has not ended.
public struct PendingDelivery: Sendable, Equatable {
  /// `Delivery.id`
  public let id: String
  /// The consumer that has it.
  public let owner: String
  /// How often it has been delivered.
  public let deliveries: Int

  public init(id: String, owner: String, deliveries: Int) {
    self.id = id
    self.owner = owner
    self.deliveries = deliveries
  }
}

/// What came of trying to take a delivery over.
public enum Claim: Sendable {
  case mine(Delivery)
  /// Somebody else was first, or it has been acknowledged meanwhile.
  case gone
  /// It was trimmed while it was pending. Reported once.
  case lost
}
