import Redis

/// What a Redis says about itself, as far as the bus depends on it. nil: it did not say, or its user may not ask.
public struct RedisFacts: Sendable, Equatable {
  /// As Redis tells it: `7.0.15`.
  public var version = ""
  /// Whether there is an append-only file; nil, as below: not allowed to ask.
  public var isAppendOnly: Bool?
  /// `always`, `everysec` or `no`.
  public var appendFsync: String?
  /// Whether the last write to the append-only file worked.
  public var isAppendingFine: Bool?
  /// `maxmemory-policy`
  public var evictionPolicy: String?
  /// What Redis has allocated.
  public var usedBytes: Int?
  /// Its own limit; 0: none.
  public var maxBytes: Int?
  /// Of the machine.
  public var machineBytes: Int?
  /// `stream-node-max-bytes`
  public var nodeBytesMax: Int?
  /// `stream-node-max-entries`
  public var nodeEntriesMax: Int?
  /// Its clock, milliseconds since 1970.
  public var milliseconds: Int64 = 0
  /// The name of its memory; nil: no service has given it one.
  public var epoch: String?

  public init() {}
}

/// A stream that exists, declared or not.
public struct RedisStream: Sendable, Equatable, Hashable {
  /// The stream's key.
  public let key: String
  /// It goes by itself when nobody writes to it any more.
  public let isTransient: Bool

  public init(key: String, isTransient: Bool) {
    self.key = key
    self.isTransient = isTransient
  }
}

extension RedisBroker {
  private static let settings = ["appendfsync", "stream-node-max-bytes", "stream-node-max-entries"]
  /// More are not looked at: whoever has so many has another problem.
  private static let streamsMax = 100_000

  /// - Throws: when Redis does not answer; what its user may not ask is left out.
  public func facts() async throws -> RedisFacts {
    let commands = ["server", "memory", "persistence"].map { RedisCommand("INFO", .init($0)) } + [
      RedisCommand("TIME"), RedisCommand("GET", .init(Self.epochKey)),
    ]
    let replies = try await self.commands.pipeline(
      commands + Self.settings.map { RedisCommand("CONFIG", "GET", .init($0)) })
    _ = try replies[0].get()
    let info = Self.lines(replies[0...2].compactMap(\.string).joined(separator: "\n"))
    let settings = replies.suffix(Self.settings.count).map { $0.array?.last?.string }
    var facts = RedisFacts()
    facts.version = info["redis_version"] ?? ""
    facts.isAppendOnly = info["aof_enabled"].map { $0 == "1" }
    facts.isAppendingFine = info["aof_last_write_status"].map { $0 == "ok" }
    facts.evictionPolicy = info["maxmemory_policy"]
    facts.usedBytes = info["used_memory"].flatMap { Int($0) }
    facts.maxBytes = info["maxmemory"].flatMap { Int($0) }
    facts.machineBytes = info["total_system_memory"].flatMap { Int($0) }
    facts.appendFsync = settings[0]
    facts.nodeBytesMax = settings[1].flatMap { Int($0) }
    facts.nodeEntriesMax = settings[2].flatMap { Int($0) }
    let time = replies[3].array ?? []
    if time.count == 2, let seconds = time[0].int, let micros = time[1].int {
      facts.milliseconds = seconds * 1000 + micros / 1000
    }
    facts.epoch = replies[4].string
    return facts
  }

  private static func lines(_ text: String) -> [String: String] {
    var values: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      values[String(line[..<colon])] = String(line[line.index(after: colon)...])
    }
    return values
  }

  /// Every stream of a bus, in order of its key.
  public func streams() async throws -> [RedisStream] {
    var keys: Set<String> = []
    var cursor = "0"
    repeat {
      let reply = try await commands.send(
        RedisCommand("SCAN", .init(cursor), "MATCH", "bus:{*}:stream", "COUNT", "1000", "TYPE", "stream"))
      guard let parts = reply.array, parts.count == 2, let next = parts[0].string else {
        throw RedisError(.protocolViolation, "SCAN was answered without a cursor.")
      }
      keys.formUnion((parts[1].array ?? []).compactMap(\.string))
      cursor = next
    } while cursor != "0" && keys.count < Self.streamsMax
    let sorted = keys.sorted()
    guard !sorted.isEmpty else { return [] }
    let lives = try await commands.pipeline(sorted.map { RedisCommand("PTTL", .init($0)) })
    return zip(sorted, lives).map { RedisStream(key: $0, isTransient: ($1.int ?? -1) >= 0) }
  }
}
