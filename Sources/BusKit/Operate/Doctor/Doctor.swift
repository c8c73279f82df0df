/// Judges what was found about a bus: pure, one finding per thing that was looked at.
public enum Doctor {
  /// Above this share of a limit it is time to act.
  static let fullShare = 0.8
  /// Clocks that differ by more make ages and logs misleading.
  static let clockDistanceMax: Int64 = 1_000

  /// Findings in the order of the checks, those that are well included. Pure: the facts are collected before.
  public static func examine(_ facts: BusFacts) -> [Finding] {
    if let failure = facts.brokerFailure {
      return [
        Finding(
          "reachable", .critical, "broker", failure,
          remedy: "Start Redis, or correct ENERGY_REDIS_URL and the password file; nothing else could be looked at.")
      ]
    }
    var findings = [Finding("reachable", .ok, "broker", "answers")]
    if let redis = facts.redis {
      findings += Self.redis(redis)
      if let distance = facts.redisClockDistance { findings.append(clock("Redis", distance)) }
    }
    let answering = Set(facts.services.filter { $0.status != nil }.map(\.name))
    for topic in facts.topics { findings += Self.topic(topic, answering: answering) }
    findings += facts.foreignStreams.map { key in
      Finding(
        "declared", .warning, key, "a stream that no topic declares",
        remedy: "Find out who writes it (XRANGE \(key) - + COUNT 1); delete it if it is a leftover of an old release.")
    }
    for service in facts.services { findings += Self.service(service) }
    return findings
  }

  // MARK: - Redis

  static func redis(_ redis: RedisFacts) -> [Finding] {
    [
      version(redis.version), appendOnly(redis), fsync(redis.appendFsync), eviction(redis.evictionPolicy),
      memory(redis), nodes(redis), epoch(redis.epoch),
    ]
  }

  private static func version(_ version: String) -> Finding {
    let major = version.split(separator: ".").first.flatMap { Int($0) } ?? 0
    return major >= 7
      ? Finding("version", .ok, "Redis", version)
      : Finding("version", .critical, "Redis", "version '\(version)'", remedy: "Upgrade to Redis 7.0 or later.")
  }

  private static func appendOnly(_ redis: RedisFacts) -> Finding {
    switch (redis.isAppendOnly, redis.isAppendingFine) {
    case (false?, _):
      Finding(
        "append_only", .critical, "Redis", "appendonly no: a restart forgets every message",
        remedy: "CONFIG SET appendonly yes, and write it into redis.conf.")
    case (_, false?):
      Finding(
        "append_only", .critical, "Redis", "the append-only file cannot be written",
        remedy: "Look at Redis' log and at the free space of its disk.")
    case (true?, _): Finding("append_only", .ok, "Redis", "appendonly yes")
    case (nil, _): unknown("append_only", "INFO persistence")
    }
  }

  private static func fsync(_ value: String?) -> Finding {
    switch value {
    case "no"?:
      Finding(
        "append_fsync", .critical, "Redis", "appendfsync no: a power cut loses up to half a minute",
        remedy: "CONFIG SET appendfsync everysec, and write it into redis.conf.")
    case let value?: Finding("append_fsync", .ok, "Redis", "appendfsync \(value)")
    case nil: unknown("append_fsync", "CONFIG GET")
    }
  }

  private static func eviction(_ policy: String?) -> Finding {
    switch policy {
    case "noeviction"?: Finding("eviction", .ok, "Redis", "maxmemory-policy noeviction")
    case let policy?:
      Finding(
        "eviction", .critical, "Redis", "maxmemory-policy \(policy): streams may vanish when memory is short",
        remedy: "CONFIG SET maxmemory-policy noeviction; keep caches in a Redis of their own.")
    case nil: unknown("eviction", "INFO memory")
    }
  }

  private static func memory(_ redis: RedisFacts) -> Finding {
    guard let used = redis.usedBytes, let own = redis.maxBytes else { return unknown("memory", "INFO memory") }
    guard let limit = own > 0 ? own : redis.machineBytes, limit > 0 else { return unknown("memory", "INFO memory") }
    let words = "\(used / 1_048_576) of \(limit / 1_048_576) MiB\(own > 0 ? "" : " of the machine; no maxmemory")"
    if Double(used) > fullShare * Double(limit) {
      return Finding(
        "memory", .critical, "Redis", words,
        remedy: "Find the long stream (energyctl bus topics) and its slow reader (energyctl bus lag), or give it more.")
    }
    return own > 0
      ? Finding("memory", .ok, "Redis", words)
      : Finding(
        "memory", .note, "Redis", words,
        remedy: "Set maxmemory, so that Redis refuses writes before the machine kills it.")
  }

  private static func nodes(_ redis: RedisFacts) -> Finding {
    guard let bytes = redis.nodeBytesMax, let entries = redis.nodeEntriesMax else {
      return unknown("stream_nodes", "CONFIG GET")
    }
    let words = "stream-node-max-bytes \(bytes), stream-node-max-entries \(entries)"
    // 0 means no limit: one node would hold everything, and trimming works by whole nodes.
    let isSensible = (16_384...1_048_576).contains(bytes) && (50...10_000).contains(entries)
    return isSensible
      ? Finding("stream_nodes", .ok, "Redis", words)
      : Finding(
        "stream_nodes", .note, "Redis", words,
        remedy: "Set stream-node-max-bytes 32768 and stream-node-max-entries 100: less memory for each message.")
  }

  private static func epoch(_ epoch: String?) -> Finding {
    epoch == nil
      ? Finding(
        "epoch", .warning, "Redis", "bus:epoch is missing: nobody has published since Redis lost its memory",
        remedy: "Start any service: it writes one and sends again what may be needed.")
      : Finding("epoch", .ok, "Redis", "bus:epoch is there")
  }

  private static func unknown(_ check: String, _ command: String) -> Finding {
    Finding(
      check, .note, "Redis", "could not be asked",
      remedy: "Let this user run \(command) (ACL: +info +config|get), or look by hand.")
  }

  static func clock(_ of: String, _ distance: Int64) -> Finding {
    let words = "\(abs(distance)) ms \(distance < 0 ? "behind" : "ahead of") this machine"
    return abs(distance) <= clockDistanceMax
      ? Finding("clock", .ok, of, words)
      : Finding("clock", .warning, of, words, remedy: "Let NTP set the clocks of both machines.")
  }
}
