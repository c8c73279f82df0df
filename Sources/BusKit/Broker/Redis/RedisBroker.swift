import Foundation
import Redis

/// Redis Streams, version 7.0 or later: one stream per partition, one consumer group per service.
///
/// One connection is shared for everything that answers at once; each subscription and follower reads over its own.
public final class RedisBroker: Broker {
  /// A UUID that a Redis holds as long as it keeps its memory.
  static let epochKey = "bus:epoch"
  /// Streams of questions and answers end this long after their last message.
  private static let transientSeconds = 60

  let commands: RedisConnection
  private let configuration: RedisConfiguration

  public init(_ configuration: RedisConfiguration) {
    self.configuration = configuration
    commands = RedisConnection(configuration: configuration)
  }

  public var features: BrokerFeatures { BrokerFeatures(isPersistent: true, tellsBytes: true) }
  public var generation: Int { commands.generation }

  public func subscribe(_ options: SubscriptionOptions) -> any BrokerSubscription {
    RedisSubscription(options, reader: RedisConnection(configuration: configuration), commands: commands)
  }

  public func follow(stream: String) -> any BrokerFollower {
    RedisFollower(stream: stream, reader: RedisConnection(configuration: configuration))
  }

  public func close() async { await commands.close() }

  /// Refusals that have nothing to do with the command: starting up, busy, full, its disk or its replicas away, no
  /// longer the one that takes writes.
  private static let refusals: Set<String> = [
    "LOADING", "MASTERDOWN", "BUSY", "OOM", "MISCONF", "READONLY", "NOREPLICAS", "CLUSTERDOWN", "TRYAGAIN",
  ]

  public func isOutage(_ error: any Error) -> Bool {
    switch error {
    case let error as RedisError: error.code != .invalidArgument
    case let error as RedisServerError: Self.refusals.contains(error.prefix)
    default: false
    }
  }

  // MARK: - Publishing

  public func publish(_ publications: [Publication]) async throws -> PublishReport {
    guard !publications.isEmpty else { return PublishReport(outcomes: [], lengths: [:], epoch: nil) }
    let before = commands.generation
    let lasting = Self.streams(publications) { $0.lengthMax == nil }
    let transient = Self.streams(publications) { $0.lengthMax != nil }
    var pipeline = RedisPipeline(byteCapacity: publications.reduce(256) { $0 + $1.envelope.wireByteCount })
    try pipeline.append(RedisCommand("GET", .init(Self.epochKey)))
    Self.add(publications, to: &pipeline)
    for key in lasting { try pipeline.append(RedisCommand("XLEN", .init(key))) }
    for key in transient { try pipeline.append(RedisCommand("EXPIRE", .init(key), .init(Self.transientSeconds))) }
    var replies = try await commands.send(pipeline).cursor
    let epoch = replies.value().string
    var outcomes: [PublishReport.Outcome] = []
    outcomes.reserveCapacity(publications.count)
    for _ in publications { outcomes.append(Self.outcome(replies.value())) }
    var lengths: [String: Int] = [:]
    for key in lasting { lengths[key] = replies.value().int.map { Int($0) } }
    // Over a connection opened meanwhile it may be a Redis that has forgotten things: its epoch must be compared first.
    return PublishReport(outcomes: outcomes, lengths: lengths, epoch: before == commands.generation ? epoch : nil)
  }

  private static func streams(_ publications: [Publication], where fits: (Publication) -> Bool) -> [String] {
    var streams: [String] = []
    for publication in publications where fits(publication) && streams.last != publication.stream {
      if !streams.contains(publication.stream) { streams.append(publication.stream) }
    }
    return streams
  }

  private static func add(_ publications: [Publication], to pipeline: inout RedisPipeline) {
    // Neighbours mostly go to the same stream.
    var head: (stream: String, lengthMax: Int?, phrase: RedisPhrase, words: Int)?
    for publication in publications {
      if head?.stream != publication.stream || head?.lengthMax != publication.lengthMax {
        let cap: [RedisWord] = publication.lengthMax.map { ["MAXLEN", "~", .init($0)] } ?? []
        let words: [RedisWord] = ["XADD", .init(publication.stream)] + cap + ["*"]
        head = (publication.stream, publication.lengthMax, RedisPhrase(words), words.count)
      }
      guard let head else { continue }
      pipeline.begin(words: head.words + Envelope.wireWords)
      pipeline.append(head.phrase)
      publication.envelope.write(to: &pipeline)
    }
  }

  private static func outcome(_ reply: RedisValue) -> PublishReport.Outcome {
    switch reply {
    case .error(let error): .refused(error.message)
    default: reply.string.map { .stored($0) } ?? .refused("Redis answered without an id")
    }
  }

  public func length(of stream: String) async throws -> Int {
    Int(try await commands.send(RedisCommand("XLEN", .init(stream))).int ?? 0)
  }

  public func bury(_ envelope: Envelope, _ note: DeadLetterNote) async throws {
    let fields = RedisEntries.deadFields(
      reason: note.reason, detail: note.detail, group: note.group, streamID: "\(envelope.createdMilliseconds)-0",
      deliveries: note.deliveries)
    let key = RedisWord(note.topic.deadKey(note.partition))
    _ = try await commands.send(RedisCommand(["XADD", key, "*"] + fields + envelope.wireFields))
  }

  public func remove(stream: String) async throws {
    _ = try await commands.send(RedisCommand("UNLINK", .init(stream)))
  }

  // MARK: - Life and memory

  private func aliveKey(_ service: String, _ process: String) -> RedisWord { .init("alive:{\(service)}:\(process)") }

  public func beat(service: String, process: String, for time: Duration) async throws -> BrokerPulse {
    let replies = try await commands.pipeline([
      RedisCommand("SET", aliveKey(service, process), "1", "PX", .init(time.milliseconds)),
      RedisCommand("TIME"), RedisCommand("GET", .init(Self.epochKey)),
    ])
    // An error reply (loading, out of memory) is no sign of life either.
    let values = try replies.map { try $0.get() }
    guard let parts = values[1].array, parts.count == 2, let seconds = parts[0].int, let micros = parts[1].int else {
      throw RedisError(.protocolViolation, "TIME was answered without a time.")
    }
    return BrokerPulse(
      milliseconds: seconds * 1000 + micros / 1000, epoch: values[2].string, generation: commands.generation)
  }

  public func isAlive(service: String, process: String) async throws -> Bool {
    try await commands.send(RedisCommand("EXISTS", aliveKey(service, process))).int == 1
  }

  public func leave(service: String, process: String) async throws {
    _ = try await commands.send(RedisCommand("DEL", aliveKey(service, process)))
  }

  public func memory() async throws -> BrokerMemory {
    while true {
      let generation = commands.generation
      let replies = try await commands.pipeline([
        RedisCommand("SET", .init(Self.epochKey), .init(UUID.v7().text), "NX"),
        RedisCommand("GET", .init(Self.epochKey)), RedisCommand("INFO", "server"),
      ])
      // All three must come from one server.
      guard generation == commands.generation else { continue }
      guard let epoch = try replies[1].get().string else {
        throw RedisError(.protocolViolation, "\(Self.epochKey) is no text.")
      }
      return BrokerMemory(epoch: epoch, run: try Self.run(in: replies[2]), generation: generation)
    }
  }

  /// The name of the server's process. Without it nobody would see that a crash of Redis has lost messages.
  private static func run(in info: RedisValue) throws -> String {
    if case .error(let error) = info, error.prefix == "NOPERM" {
      throw PermanentFailure(
        "INFO server tells Redis' run_id, and this user may not ask (\(error.message)): add +info to its ACL")
    }
    let run = try info.get().string?.split(whereSeparator: \.isNewline).first { $0.hasPrefix("run_id:") }
    return run.map { String($0.dropFirst(7)) } ?? ""
  }
}

/// Reads a stream of answers from its beginning.
final class RedisFollower: BrokerFollower {
  private let stream: String
  private let reader: RedisConnection
  private let last: LastID

  /// One task reads at a time; the id moves between its calls.
  private actor LastID {
    var value = "0-0"
    func move(to id: String) { value = id }
  }

  init(stream: String, reader: RedisConnection) {
    self.stream = stream
    self.reader = reader
    last = LastID()
  }

  func next(limit: Int, wait: Duration) async throws -> [Delivery] {
    var pipeline = RedisPipeline()
    try pipeline.append(
      RedisCommand(
        "XREAD", "COUNT", .init(limit), "BLOCK", .init(reader.block(for: wait)), "STREAMS", .init(stream),
        .init(await last.value)))
    let deliveries = try RedisEntries.read(try await reader.send(pipeline))
    if let id = deliveries.last?.id { await last.move(to: id) }
    return deliveries
  }

  func close() async { await reader.close() }
}
