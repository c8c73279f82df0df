import BusKit

extension BrokerConformance {
  static let takingOver: [BrokerPromise] = [
    BrokerPromise("of many that claim one delivery, one gets it", oneClaimWins),
    BrokerPromise("a delivery is claimed from the owner that is named, and from nobody else", claimsFromItsOwner),
    BrokerPromise("pending deliveries are told by age and owner, oldest first, no more than asked", filtersPending),
    BrokerPromise("a delivery that was trimmed while it was pending is reported lost, once", reportsLossOnce),
    BrokerPromise("consumers are listed with what they hold", listsConsumers),
    BrokerPromise("a consumer that holds something stays, one that holds nothing goes", removesEmptyConsumers),
  ]

  @Sendable private static func oneClaimWins(_ stage: ConformanceStage) async throws {
    let owner = try await stage.join("owner")
    try await stage.publish(1...5)
    let deliveries = try await owner.take()
    for delivery in deliveries { try await owner.letGo(delivery) }
    var links: [any BrokerSubscription] = []
    for index in 0..<8 { links.append(try await stage.join("c\(index)", over: try await stage.connect())) }
    for delivery in deliveries {
      let words = try await withThrowingTaskGroup(of: String.self) { group in
        for link in links {
          group.addTask { try await link.claim(delivery.id, idle: .seconds(30)).word }
        }
        return try await group.reduce(into: [String]()) { $0.append($1) }
      }
      try expect("claims", words.sorted(), is: Array(repeating: "gone", count: 7) + ["mine"])
    }
  }

  @Sendable private static func claimsFromItsOwner(_ stage: ConformanceStage) async throws {
    let (former, owner) = (try await stage.join("former"), try await stage.join("owner"))
    try await stage.publish(1...1)
    let id = try await former.takeOne().id
    try expect("a claim from another", try await owner.claim(id, idle: .zero, of: "nobody").word, is: "gone")
    try expect("too early", try await owner.claim(id, idle: .seconds(30), of: "former").word, is: "gone")
    try expect("a claim from its owner", try await owner.claim(id, idle: .zero, of: "former").word, is: "mine")
    try expect("the former owner's", try await former.claim(id, idle: .zero, of: "former").word, is: "gone")
    let pending = try await owner.pending(idle: .zero, of: nil, limit: 9)
    try expect("pending", pending, is: [PendingDelivery(id: id, owner: "owner", deliveries: 2)])
    let own = try await owner.claim(id, idle: .zero, of: "owner")
    try expect("its deliveries as one's own", own.delivery?.deliveries, is: 3)
    try expect("a claim from anybody", try await former.claim(id, idle: .zero, of: nil).word, is: "mine")
  }

  @Sendable private static func filtersPending(_ stage: ConformanceStage) async throws {
    let (a, b) = (try await stage.join("a"), try await stage.join("b"))
    try await stage.publish(1...6)
    let first = try await a.take(3)
    let second = try await b.take(3)
    try await a.letGo(first[1])
    try await b.letGo(second[2])
    let all = try await a.pending(idle: .zero, of: nil, limit: 100)
    try expect("all", all.map(\.id), is: (first + second).map(\.id))
    try expect("owners", all.map(\.owner), is: ["a", "a", "a", "b", "b", "b"])
    try expect("of b", try await a.pending(idle: .zero, of: "b", limit: 100).map(\.id), is: second.map(\.id))
    let idle = try await a.pending(idle: .seconds(30), of: nil, limit: 100)
    try expect("idle ones", idle.map(\.id), is: [first[1].id, second[2].id])
    try expect(
      "idle ones of b", try await a.pending(idle: .seconds(30), of: "b", limit: 9).map(\.id), is: [second[2].id])
    let oldest = try await a.pending(idle: .zero, of: nil, limit: 2)
    try expect("the oldest two", oldest.map(\.id), is: first.prefix(2).map(\.id))
    try expect("of nobody", try await a.pending(idle: .zero, of: "nobody", limit: 9).count, is: 0)
  }

  @Sendable private static func reportsLossOnce(_ stage: ConformanceStage) async throws {
    let topic = stage.topic(".observed", groups: [.observer("o")], lengthMax: 10)
    let link = try await stage.join(group: "o", topic: topic)
    try await stage.publish(1...1000, to: topic)
    let delivery = try await link.take(1).first
    guard let id = delivery?.id else { throw ConformanceFailure(expected: "a message", seen: "nothing") }
    try expect(try await link.trim(deadAge: .seconds(60)) > 0, "a trim down to the cap", seen: "nothing trimmed")
    try expect("still pending", try await link.pending(idle: .zero, of: nil, limit: 9).map(\.id), is: [id])
    try expect("the first claim", try await link.claim(id, idle: .zero).word, is: "lost")
    try expect("the second claim", try await link.claim(id, idle: .zero).word, is: "gone")
    try expect("pending", try await link.pending(idle: .zero, of: nil, limit: 9).count, is: 0)
  }

  @Sendable private static func listsConsumers(_ stage: ConformanceStage) async throws {
    let (a, b) = (try await stage.join("a"), try await stage.join("b"))
    try await stage.publish(1...3)
    _ = try await a.take(2)
    let last = try await b.takeOne()
    try await b.acknowledge([last.id])
    let consumers = try await a.consumers().sorted { $0.name < $1.name }
    try expect("names", consumers.map(\.name), is: ["a", "b"])
    try expect("what they hold", consumers.map(\.pending), is: [2, 0])
    let isRecent = consumers.allSatisfy { (0..<60_000).contains($0.idleMilliseconds) }
    try expect(isRecent, "busy a moment ago", seen: "\(consumers.map(\.idleMilliseconds)) ms idle")
  }

  @Sendable private static func removesEmptyConsumers(_ stage: ConformanceStage) async throws {
    let (mine, other) = (try await stage.join("mine"), try await stage.join("other"))
    try await stage.publish(1...2)
    let held = try await mine.takeOne()
    let done = try await other.takeOne()
    try await other.acknowledge([done.id])
    try await other.remove(consumer: "mine")
    try await mine.remove(consumer: "other")
    try await mine.remove(consumer: "nobody")
    try expect("consumers", try await mine.consumers().map(\.name), is: ["mine"])
    let pending = try await mine.pending(idle: .zero, of: nil, limit: 9)
    try expect("pending", pending, is: [PendingDelivery(id: held.id, owner: "mine", deliveries: 1)])
    try await mine.acknowledge([held.id])
    try await other.remove(consumer: "mine")
    try expect("consumers at the end", try await mine.consumers().map(\.name), is: [])
  }
}
