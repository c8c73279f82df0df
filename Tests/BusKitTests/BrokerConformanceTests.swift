import BusKit
import BusKitTesting
import Foundation
import Redis
import TestKit
import Testing

/// Both brokers of the library, each made anew for every promise.
enum Subject: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case redis, memory

  var testDescription: String { rawValue }

  /// The promises it can be asked for; known before one is made.
  var offers: Set<BrokerPromise.Requirement> {
    switch self {
    case .redis: [.nothing, .cutting, .outage, .persistence, .bytes]
    case .memory: [.nothing, .cutting, .outage, .bytes]
    }
  }

  func with(_ body: (BrokerUnderTest) async throws -> Void) async throws {
    switch self {
    case .redis:
      let server = try await RedisServer.start()
      do {
        try await body(Self.redis(server))
      } catch {
        try await server.stop()
        throw error
      }
      try await server.stop()
    case .memory: try await body(Self.memory(MemoryBroker()))
    }
  }

  private static func redis(_ server: RedisServer) -> BrokerUnderTest {
    @Sendable func command(_ words: RedisWord...) async throws {
      let connection = RedisConnection(configuration: server.configuration)
      do {
        _ = try await connection.send(RedisCommand(words))
      } catch {
        await connection.close()
        throw error
      }
      await connection.close()
    }
    return BrokerUnderTest(
      name: "Redis", features: BrokerFeatures(isPersistent: true, tellsBytes: true),
      connect: { RedisBroker(server.configuration) }, wipe: { try await command("FLUSHALL") },
      cut: { try await command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes") },
      outage: .init(begin: { try await server.kill9() }, end: { try await server.restart() }))
  }

  private static func memory(_ broker: MemoryBroker) -> BrokerUnderTest {
    BrokerUnderTest(
      name: "memory", features: broker.features, connect: { broker }, wipe: { broker.forgetEverything() },
      cut: {
        broker.setDown(true)
        broker.setDown(false)
      }, outage: .init(begin: { broker.setDown(true) }, end: { broker.setDown(false) }))
  }
}

extension BrokerPromise: CustomTestStringConvertible {
  public var testDescription: String { name }
}

struct BrokerConformanceTests {
  /// A promise and who is asked for it.
  struct Case: Sendable, CustomTestStringConvertible {
    let promise: BrokerPromise
    let subject: Subject
    var testDescription: String { "\(subject.rawValue): \(promise.name)" }

    static let all = Subject.allCases.flatMap { subject in
      BrokerConformance.all.filter { subject.offers.contains($0.requirement) }
        .map { Case(promise: $0, subject: subject) }
    }
  }

  @Test(arguments: Case.all)
  func keepsItsPromise(_ item: Case) async throws {
    try await item.subject.with { try await item.promise.check($0) }
  }

  @Test(arguments: Subject.allCases)
  func offersWhatItIsSaidToOffer(_ subject: Subject) async throws {
    try await subject.with { under in
      let requirements: [BrokerPromise.Requirement] = [.nothing, .cutting, .outage, .persistence, .bytes]
      #expect(Set(requirements.filter { under.offers($0) }) == subject.offers)
      let broker = try await under.connect()
      #expect(broker.features == under.features)
      await broker.close()
    }
  }

  @Test func aBrokenPromiseIsSeen() async throws {
    // A broker that loses everything behind the suite's back keeps hardly any promise.
    let broker = MemoryBroker()
    let forgetful = BrokerUnderTest(
      name: "forgetful", features: broker.features,
      connect: {
        broker.forgetEverything()
        return ForgetfulBroker(broker)
      }, wipe: {})
    var broken = 0
    for promise in BrokerConformance.all where forgetful.offers(promise.requirement) {
      do {
        try await promise.check(forgetful)
      } catch is ConformanceFailure {
        broken += 1
      } catch is StreamLost {
        broken += 1
      }
    }
    #expect(broken > 25)
  }

  @Test func aBrokerThatOnlyPutsBackWhatItIsToldToLooksAtTheAgesFirst() async throws {
    let (broker, topic) = (MemoryBroker(), Topic("test.old", groups: [.essential("g")]))
    for seconds in 0..<600 {
      var envelope = try World.envelope(Add(account: "a"))
      envelope.createdAt = Date(timeIntervalSince1970: Double(seconds))
      try await broker.bury(
        envelope, DeadLetterNote(topic: topic, partition: 0, group: "g", reason: "r", detail: "d", deliveries: 1))
    }
    let ids = try await broker.deadLetters(topic, partition: 0, after: nil, limit: 1_000).map(\.id)
    // The first ten came too early, and the last is not asked for.
    let count = try await ForgetfulBroker(broker).replayDead(
      topic, partition: 0, ids: Array(ids.dropLast()), since: 10_000)
    #expect(count == 589)
    let left = try await broker.deadLetters(topic, partition: 0, after: nil, limit: 1_000).map(\.id)
    #expect(left == Array(ids.prefix(10)) + ids.suffix(1))
    // Buried again, those that were put back are as old as they were.
    let link = broker.subscribe(
      SubscriptionOptions(topic: topic, partition: 0, group: "g", consumer: "c", lease: .seconds(60)))
    try await link.ensure()
    for delivery in try await link.read(limit: 1_000, wait: .zero, acknowledging: false) {
      #expect(try await link.bury(delivery, reason: "r", detail: "d"))
    }
    let again = try await broker.deadLetters(topic, partition: 0, after: nil, limit: 1_000).map(\.id)
    #expect(
      try await ForgetfulBroker(broker).replayDead(topic, partition: 0, ids: again, since: 20_000) == 580)
  }

  @Test func aBrokerThatTakesFromAnybodyLooksWhoHasItFirst() async throws {
    let (broker, topic) = (MemoryBroker(), Topic("test.own", groups: [.essential("g")]))
    func link(_ consumer: String) -> PlainSubscription {
      let options = SubscriptionOptions(
        topic: topic, partition: 0, group: "g", consumer: consumer, lease: .seconds(60))
      return PlainSubscription(real: broker.subscribe(options))
    }
    let (former, owner) = (link("former"), link("owner"))
    try await former.ensure()
    _ = try await broker.publish([Publication(try World.envelope(Add(account: "a")), topic: topic)])
    let id = try #require(try await former.read(limit: 1, wait: .zero, acknowledging: false).first).id
    for (taker, name, isMine) in [(owner, "former", true), (former, "former", false), (former, "owner", true)] {
      let claim = try await taker.claim(id, idle: .zero, of: name)
      guard case .mine = claim else {
        #expect(!isMine)
        continue
      }
      #expect(isMine)
    }
  }
}

/// A subscription that does no more than it has to.
private struct PlainSubscription: BrokerSubscription {
  let real: any BrokerSubscription

  var options: SubscriptionOptions { real.options }
  var generation: Int { real.generation }
  func ensure() async throws { try await real.ensure() }
  func read(limit: Int, wait: Duration, acknowledging: Bool) async throws -> [Delivery] {
    try await real.read(limit: limit, wait: wait, acknowledging: acknowledging)
  }
  func acknowledge(_ ids: [String]) async throws { try await real.acknowledge(ids) }
  func extend(_ ids: [String]) async throws -> Set<String> { try await real.extend(ids) }
  func release(_ ids: [String], after delay: Duration, isAttempt: Bool) async throws {
    try await real.release(ids, after: delay, isAttempt: isAttempt)
  }
  func bury(_ delivery: Delivery, reason: String, detail: String) async throws -> Bool {
    try await real.bury(delivery, reason: reason, detail: detail)
  }
  func pending(idle: Duration, of owner: String?, limit: Int) async throws -> [PendingDelivery] {
    try await real.pending(idle: idle, of: owner, limit: limit)
  }
  func claim(_ id: String, idle: Duration) async throws -> Claim { try await real.claim(id, idle: idle) }
  func consumers() async throws -> [ConsumerState] { try await real.consumers() }
  func remove(consumer: String) async throws { try await real.remove(consumer: consumer) }
  func trim(deadAge: Duration) async throws -> Int { try await real.trim(deadAge: deadAge) }
  func close() async { await real.close() }
}
