import BusKit

/// A broker of one's own, in the smallest form: another one behind a delay, as if it were far away. A real one would
/// speak to its server here; what it has to promise beyond these signatures is what the conformance suite asks.
struct SlowBroker: Broker {
  let base: any Broker
  let delay: Duration

  var features: BrokerFeatures { base.features }
  var generation: Int { base.generation }

  func publish(_ publications: [Publication]) async throws -> PublishReport {
    try await Task.sleep(for: delay)
    return try await base.publish(publications)
  }

  func subscribe(_ options: SubscriptionOptions) -> any BrokerSubscription { base.subscribe(options) }
  func follow(stream: String) -> any BrokerFollower { base.follow(stream: stream) }

  func beat(service: String, process: String, for time: Duration) async throws -> BrokerPulse {
    try await base.beat(service: service, process: process, for: time)
  }

  func isAlive(service: String, process: String) async throws -> Bool {
    try await base.isAlive(service: service, process: process)
  }

  func leave(service: String, process: String) async throws {
    try await base.leave(service: service, process: process)
  }

  func memory() async throws -> BrokerMemory { try await base.memory() }
  func length(of stream: String) async throws -> Int { try await base.length(of: stream) }
  func bury(_ envelope: Envelope, _ note: DeadLetterNote) async throws { try await base.bury(envelope, note) }
  func remove(stream: String) async throws { try await base.remove(stream: stream) }
  func state(of topic: Topic) async throws -> [PartitionState] { try await base.state(of: topic) }

  func peek(_ topic: Topic, partition: Int, after id: String?, limit: Int) async throws -> [Delivery] {
    try await base.peek(topic, partition: partition, after: id, limit: limit)
  }

  func deadLetters(_ topic: Topic, partition: Int, after id: String?, limit: Int) async throws -> [DeadLetter] {
    try await base.deadLetters(topic, partition: partition, after: id, limit: limit)
  }

  func replayDead(_ topic: Topic, partition: Int, ids: [String]) async throws -> Int {
    try await base.replayDead(topic, partition: partition, ids: ids)
  }

  func purgeDead(_ topic: Topic, partition: Int, ids: [String]) async throws -> Int {
    try await base.purgeDead(topic, partition: partition, ids: ids)
  }

  func isOutage(_ error: any Error) -> Bool { base.isOutage(error) }
  func close() async { await base.close() }
}
