import Foundation

/// Everything that the doctor looks at, gathered first so that the judgement is a pure function.
public struct BusFacts: Sendable {
  /// One declared topic as the broker has it.
  public struct TopicFacts: Sendable {
    /// The topic as declared.
    public let topic: Topic
    /// What the broker says of it.
    public let partitions: [PartitionState]
    /// The consumers that show signs of life.
    public let alive: Set<String>

    public init(topic: Topic, partitions: [PartitionState], alive: Set<String>) {
      self.topic = topic
      self.partitions = partitions
      self.alive = alive
    }
  }

  /// What a service says of itself.
  public struct ServiceFacts: Sendable {
    /// The service's name.
    public let name: String
    /// nil: it did not answer.
    public let status: BusStatus?
    /// How far Postgres' clock is ahead of this machine's, in milliseconds, give or take the way of the question.
    public let clockDistance: Int64?

    public init(name: String, status: BusStatus?, clockDistance: Int64?) {
      self.name = name
      self.status = status
      self.clockDistance = clockDistance
    }
  }

  /// Why the broker does not answer; nil: it does. Nothing else is known then.
  public var brokerFailure: String?
  /// nil: the broker is no Redis.
  public var redis: RedisFacts?
  /// How far Redis' clock is ahead of this machine's, in milliseconds.
  public var redisClockDistance: Int64?
  /// Those that are declared.
  public var topics: [TopicFacts] = []
  /// Streams that nobody declares.
  public var foreignStreams: [String] = []
  /// Those that should run.
  public var services: [ServiceFacts] = []

  public init() {}
}

extension BusClient {
  /// Looks at everything once.
  /// - Parameters:
  ///   - declared: every topic that somebody declares, transient ones too.
  ///   - services: who is asked.
  public func facts(declared: [Topic], services: [String], within limit: Duration = .seconds(3)) async -> BusFacts {
    var facts = BusFacts()
    do {
      if let redis = broker as? RedisBroker {
        let asked = Self.now
        let found = try await redis.facts()
        facts.redis = found
        facts.redisClockDistance = found.milliseconds - (asked + Self.now) / 2
        let known = Set(declared.flatMap { topic in (0..<topic.partitions).map { topic.streamKey($0) } })
        facts.foreignStreams = try await redis.streams()
          .filter { !$0.isTransient && !known.contains($0.key) && !$0.key.hasPrefix("bus:{replies.") }.map(\.key)
      }
      for topic in declared where !topic.isTransient { facts.topics.append(try await self.facts(of: topic)) }
    } catch {
      facts.brokerFailure = "\(error)"
      return facts
    }
    facts.services = await withTaskGroup(of: BusFacts.ServiceFacts.self) { group in
      for service in services { group.addTask { await self.facts(of: service, within: limit) } }
      var all: [BusFacts.ServiceFacts] = []
      for await one in group { all.append(one) }
      return all.sorted { $0.name < $1.name }
    }
    return facts
  }

  /// One topic, with who of its consumers is alive.
  public func facts(of topic: Topic) async throws -> BusFacts.TopicFacts {
    let partitions = try await broker.state(of: topic)
    var alive: Set<String> = []
    for group in partitions.flatMap(\.groups) {
      for consumer in group.consumers where !alive.contains(consumer.name) {
        if try await broker.isAlive(service: group.name, process: consumer.name) { alive.insert(consumer.name) }
      }
    }
    return BusFacts.TopicFacts(topic: topic, partitions: partitions, alive: alive)
  }

  private func facts(of service: String, within limit: Duration) async -> BusFacts.ServiceFacts {
    let asked = Self.now
    do {
      let status = try await ask(GetBusStatus(), of: service, within: limit)
      return BusFacts.ServiceFacts(
        name: service, status: status, clockDistance: status.figures.postgresMilliseconds - (asked + Self.now) / 2)
    } catch {
      // Which of many reasons it was, its own health page tells; here it is a service that does not answer.
      return BusFacts.ServiceFacts(name: service, status: nil, clockDistance: nil)
    }
  }

  private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}
