/// What carries messages between processes: streams with consumer groups, leases and dead letters.
///
/// The bus keeps every promise that matters in Postgres (outbox, inbox); a broker is transport. It may lose its memory,
/// deliver twice and out of order; it must say so honestly (`memory()`, `generation`), and it must never hand one
/// delivery to two consumers of a group before its lease has run out.
///
/// Two ship with the library: `RedisBroker` and, for tests, `MemoryBroker`. Both pass one conformance suite, and so
/// must a third.
public protocol Broker: Sendable {
  var features: BrokerFeatures { get }

  /// How often the way to the broker was opened anew; a change means that it may have restarted in between.
  var generation: Int { get }

  /// Adds messages to their streams, in one round trip. A stream that refuses does not keep the others from being
  /// stored.
  /// - Throws: when it is not known which of them were stored.
  func publish(_ publications: [Publication]) async throws -> PublishReport

  /// One consumer of a group on one partition. Nothing is sent before its first call.
  func subscribe(_ options: SubscriptionOptions) -> any BrokerSubscription

  /// Reads a stream without a group, from its beginning: the answers for one process.
  func follow(stream: String) -> any BrokerFollower

  /// Shows that a process is alive for so long, and looks at the broker's clock and memory.
  func beat(service: String, process: String, for time: Duration) async throws -> BrokerPulse
  func isAlive(service: String, process: String) async throws -> Bool
  /// Takes a sign of life back: what that process holds may be taken over at once.
  func leave(service: String, process: String) async throws

  /// What tells one life of the broker from another. Gives a broker without memory a new one.
  func memory() async throws -> BrokerMemory

  func length(of stream: String) async throws -> Int

  /// Adds a dead letter for a message that was not delivered by this broker just now, or not at all.
  func bury(_ envelope: Envelope, _ note: DeadLetterNote) async throws

  /// Forgets a stream that nobody needs any more: the answers for a process that ends.
  func remove(stream: String) async throws

  /// From when on, by its clock and at most `now`, a declared group of these topics may still need what was sent; nil:
  /// one of them does not exist yet, and may need everything. There is a default, from `state(of:)`.
  func floor(of topics: [Topic], upTo now: Int64) async throws -> Int64?

  // MARK: Operators

  /// What is in a topic, partition by partition.
  func state(of topic: Topic) async throws -> [PartitionState]
  /// Messages of a stream without reading them for a group, oldest first, after an id (nil: from the beginning).
  func peek(_ topic: Topic, partition: Int, after id: String?, limit: Int) async throws -> [Delivery]
  func deadLetters(_ topic: Topic, partition: Int, after id: String?, limit: Int) async throws -> [DeadLetter]
  /// Puts dead letters back into their stream, as the messages they were. Returns how many there were to put back.
  func replayDead(_ topic: Topic, partition: Int, ids: [String]) async throws -> Int
  /// The same for those whose messages were written, and entered their stream, at `oldest` or later, in milliseconds
  /// since 1970; the others stay, and are not counted. One that cannot be read is as old as its place in the stream.
  /// There is a default, which reads all dead letters.
  func replayDead(_ topic: Topic, partition: Int, ids: [String], since oldest: Int64) async throws -> Int
  /// Forgets dead letters. Returns how many there were.
  func purgeDead(_ topic: Topic, partition: Int, ids: [String]) async throws -> Int

  /// Whether an error says that the broker is away or not ready: worth waiting for, and nobody's fault.
  func isOutage(_ error: any Error) -> Bool

  func close() async
}

extension Broker {
  /// From `state(of:)`, with as many questions as there are topics. A broker that can ask for all at once has its own.
  public func floor(of topics: [Topic], upTo now: Int64) async throws -> Int64? {
    try await floorByState(of: topics, upTo: now)
  }

  /// By looking at the letters first. A broker that can look at them as it puts them back has its own.
  public func replayDead(_ topic: Topic, partition: Int, ids: [String], since oldest: Int64) async throws -> Int {
    let wanted = Set(ids)
    var young: [String] = []
    var last: String?
    repeat {
      let page = try await deadLetters(topic, partition: partition, after: last, limit: 500)
      young += page.filter { wanted.contains($0.id) && $0.knownSince >= oldest }.map(\.id)
      last = page.last?.id
    } while last != nil
    return try await replayDead(topic, partition: partition, ids: young)
  }

  func floorByState(of topics: [Topic], upTo now: Int64) async throws -> Int64? {
    var floor = now
    for topic in topics {
      for partition in try await state(of: topic) {
        for declared in topic.groups {
          guard let group = partition.groups.first(where: { $0.name == declared.name }) else { return nil }
          guard let lower = BrokerFloor.lowered(floor, to: group.neededSince, upTo: now) else { return nil }
          floor = lower
        }
      }
    }
    return floor
  }
}

/// How what each group needs becomes the floor of all.
enum BrokerFloor {
  /// Messages come while it is asked, and clocks are read one after the other. The repair begins some seconds before
  /// the floor anyway.
  private static let slackMilliseconds: Int64 = 2_000

  /// - Parameter since: from when on a group needs messages; nil: it needs none.
  /// - Returns: nil when that is still to come: the broker's clock was set back, and its times do not tell when
  ///   something was sent.
  static func lowered(_ floor: Int64, to since: Int64?, upTo now: Int64) -> Int64? {
    guard let since else { return floor }
    if since > now, since - now > slackMilliseconds { return nil }
    return min(floor, since)
  }
}

/// What a broker can do beyond the protocol's promises; the conformance suite asks for what it claims.
public struct BrokerFeatures: Sendable, Equatable {
  /// What was stored survives a restart of the broker.
  public var isPersistent: Bool
  /// Stored bytes can be told (`PartitionState.bytes`).
  public var tellsBytes: Bool

  public init(isPersistent: Bool, tellsBytes: Bool) {
    self.isPersistent = isPersistent
    self.tellsBytes = tellsBytes
  }
}

/// One message on its way into one stream.
public struct Publication: Sendable {
  /// `Topic.streamKey`
  public let stream: String
  /// What is sent, with its identity.
  public let envelope: Envelope
  /// The stream lives a minute longer with every message and keeps about `lengthMax` of them; nil: it lasts, and
  /// nothing is dropped from it.
  public let lengthMax: Int?

  public init(stream: String, envelope: Envelope, lengthMax: Int? = nil) {
    self.stream = stream
    self.envelope = envelope
    self.lengthMax = lengthMax
  }

  /// A message for the partition of its key.
  public init(_ envelope: Envelope, topic: Topic) {
    self.init(
      stream: topic.streamKey(topic.partition(of: envelope.key)), envelope: envelope,
      lengthMax: topic.isTransient ? topic.lengthMax : nil)
  }
}

/// What became of the messages of one `publish`.
public struct PublishReport: Sendable {
  /// What became of one message.
  public enum Outcome: Sendable, Equatable {
    /// Stored, under this id of the stream.
    case stored(String)
    /// Not stored: why.
    case refused(String)
  }
  /// One for each publication, in order.
  public let outcomes: [Outcome]
  /// How many messages each lasting stream holds now.
  public let lengths: [String: Int]
  /// The broker's memory in which they were stored; nil: it may have changed meanwhile.
  public let epoch: String?

  public init(outcomes: [Outcome], lengths: [String: Int], epoch: String?) {
    self.outcomes = outcomes
    self.lengths = lengths
    self.epoch = epoch
  }
}

/// What a sign of life finds out on its way.
public struct BrokerPulse: Sendable {
  /// The broker's clock, milliseconds since 1970.
  public let milliseconds: Int64
  /// What tells one memory of the broker from another; nil: it has none yet.
  public let epoch: String?
  /// How often the way to the broker had been opened when it answered.
  public let generation: Int

  public init(milliseconds: Int64, epoch: String?, generation: Int) {
    self.milliseconds = milliseconds
    self.epoch = epoch
    self.generation = generation
  }
}

/// Another `epoch`: the broker has lost everything. The same epoch in another `run`: the last moments before it stopped
/// may be lost.
public struct BrokerMemory: Sendable, Equatable {
  /// A name that lives as long as what the broker has stored.
  public let epoch: String
  /// A name of the broker's process.
  public let run: String
  /// How often the way to the broker had been opened when it was asked.
  public let generation: Int

  public init(epoch: String, run: String, generation: Int) {
    self.epoch = epoch
    self.run = run
    self.generation = generation
  }
}

/// One life of a broker: what it holds in memory, and the process that holds it.
struct BrokerLife: Sendable, Equatable {
  let epoch: String
  let runID: String
}

/// The stream or its group is gone (the broker was wiped): make it again, from the beginning.
public struct StreamLost: Error, CustomStringConvertible {
  /// What was missing, in the broker's words.
  public let description: String
  public init(_ description: String) { self.description = description }
}
