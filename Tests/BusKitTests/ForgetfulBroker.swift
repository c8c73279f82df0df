import BusKit

/// A broker that forgets everything with each message it takes: what a conformance suite must notice.
struct ForgetfulBroker: Broker {
  let real: MemoryBroker

  init(_ real: MemoryBroker) { self.real = real }

  var features: BrokerFeatures { real.features }
  var generation: Int { real.generation }

  func publish(_ publications: [Publication]) async throws -> PublishReport {
    real.forgetEverything()
    return try await real.publish(publications)
  }

  func subscribe(_ options: SubscriptionOptions) -> any BrokerSubscription { real.subscribe(options) }
  func follow(stream: String) -> any BrokerFollower { real.follow(stream: stream) }
  func beat(service: String, process: String, for time: Duration) async throws -> BrokerPulse {
    try await real.beat(service: service, process: process, for: time)
  }
  func isAlive(service: String, process: String) async throws -> Bool { false }
  func leave(service: String, process: String) async throws {}
  func memory() async throws -> BrokerMemory { try await real.memory() }
  func length(of stream: String) async throws -> Int { try await real.length(of: stream) }
  func state(of topic: Topic) async throws -> [PartitionState] { try await real.state(of: topic) }
  func peek(_ topic: Topic, partition: Int, after id: String?, limit: Int) async throws -> [Delivery] {
    try await real.peek(topic, partition: partition, after: id, limit: limit)
  }
  func deadLetters(_ topic: Topic, partition: Int, after id: String?, limit: Int) async throws -> [DeadLetter] {
    try await real.deadLetters(topic, partition: partition, after: id, limit: limit)
  }
  func replayDead(_ topic: Topic, partition: Int, ids: [String]) async throws -> Int {
    try await real.replayDead(topic, partition: partition, ids: ids)
  }
  func purgeDead(_ topic: Topic, partition: Int, ids: [String]) async throws -> Int {
    try await real.purgeDead(topic, partition: partition, ids: ids)
  }
  func bury(_ envelope: Envelope, _ note: DeadLetterNote) async throws {}
  func remove(stream: String) async throws { try await real.remove(stream: stream) }
  func isOutage(_ error: any Error) -> Bool { real.isOutage(error) }
  func close() async {}
}
