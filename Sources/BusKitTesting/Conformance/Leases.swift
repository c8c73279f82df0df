import BusKit

/// Time is not waited for here: `release` sets how long a delivery counts as idle.
extension BrokerConformance {
  static let leases: [BrokerPromise] = [
    BrokerPromise("a delivery is leased to whoever read it", isLeased),
    BrokerPromise("a delivery that was let go may be claimed at once, or after its delay", releases),
    BrokerPromise("a delay longer than a lease is a lease", delayIsAtMostALease),
    BrokerPromise("extending a lease begins it anew", extends),
    BrokerPromise("an attempt that was none is not counted", uncountsAttempts),
    BrokerPromise("whoever has lost a delivery can neither extend, release nor bury it", fencesFormerOwners),
    BrokerPromise("unknown ids are passed over", passesOverUnknownIDs),
  ]

  @Sendable private static func isLeased(_ stage: ConformanceStage) async throws {
    let (mine, other) = (try await stage.join("mine"), try await stage.join("other"))
    try await stage.publish(1...1)
    let delivery = try await mine.takeOne()
    try expect("another's read", try await other.take().count, is: 0)
    try expect("another's claim", try await other.claim(delivery.id, idle: .seconds(30)).word, is: "gone")
    let pending = try await other.pending(idle: .zero, of: nil, limit: 10)
    try expect("pending", pending, is: [PendingDelivery(id: delivery.id, owner: "mine", deliveries: 1)])
    try expect("pending of an age", try await other.pending(idle: .seconds(30), of: nil, limit: 10).count, is: 0)
    // Time alone makes it free.
    try await Task.sleep(for: .milliseconds(60))
    try expect("a claim later", try await other.claim(delivery.id, idle: .milliseconds(50)).word, is: "mine")
  }

  @Sendable private static func releases(_ stage: ConformanceStage) async throws {
    let (mine, other) = (try await stage.join("mine"), try await stage.join("other"))
    try await stage.publish(1...2)
    let deliveries = try await mine.take()
    try expect("deliveries", deliveries.count, is: 2)
    try await mine.release([deliveries[0].id], after: .zero, isAttempt: true)
    try await mine.release([deliveries[1].id], after: .seconds(20), isAttempt: true)
    let lease = ConformanceStage.lease
    try expect(
      "idle for a lease", try await other.pending(idle: lease, of: nil, limit: 10).map(\.id), is: [deliveries[0].id])
    let sooner = try await other.pending(idle: lease - .seconds(21), of: nil, limit: 10)
    try expect("idle for a lease without 21 s", sooner.map(\.id), is: deliveries.map(\.id))
    try expect("a claim too early", try await other.claim(deliveries[1].id, idle: lease).word, is: "gone")
    let claimed = try await other.claim(deliveries[0].id, idle: lease)
    try expect("what was claimed", try claimed.delivery.map { try ConformanceStage.text($0) }, is: "1")
    try expect("its deliveries", claimed.delivery?.deliveries, is: 2)
  }

  @Sendable private static func delayIsAtMostALease(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    try await stage.publish(1...1)
    let delivery = try await link.takeOne()
    try await link.release([delivery.id], after: .seconds(86_400), isAttempt: true)
    try expect("still pending", try await link.pending(idle: .zero, of: "one", limit: 10).map(\.id), is: [delivery.id])
    try expect("idle", try await link.pending(idle: .seconds(30), of: nil, limit: 10).count, is: 0)
  }

  @Sendable private static func extends(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    try await stage.publish(1...3)
    let deliveries = try await link.take()
    for delivery in deliveries { try await link.letGo(delivery) }
    let ids = deliveries.map(\.id)
    try await link.acknowledge([ids[2]])
    try expect("what was extended", try await link.extend([ids[0], ids[2]]), is: [ids[0]])
    try expect("idle", try await link.pending(idle: .seconds(30), of: nil, limit: 10).map(\.id), is: [ids[1]])
    let counts = try await link.pending(idle: .zero, of: nil, limit: 10).map(\.deliveries)
    try expect("deliveries, which extending does not count", counts, is: [1, 1])
    try expect("nothing to extend", try await link.extend([]), is: [])
  }

  @Sendable private static func uncountsAttempts(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    try await stage.publish(1...1)
    let id = try await link.takeOne().id
    for round in 1...3 {
      try await link.release([id], after: .zero, isAttempt: false)
      let claimed = try await link.claim(id, idle: ConformanceStage.lease)
      try expect("deliveries in round \(round)", claimed.delivery?.deliveries, is: 1)
    }
    try await link.release([id], after: .zero, isAttempt: true)
    let claimed = try await link.claim(id, idle: ConformanceStage.lease)
    try expect("deliveries after an attempt", claimed.delivery?.deliveries, is: 2)
  }

  @Sendable private static func fencesFormerOwners(_ stage: ConformanceStage) async throws {
    let (former, owner) = (try await stage.join("former"), try await stage.join("owner"))
    try await stage.publish(1...1)
    let delivery = try await former.takeOne()
    try expect("the claim", try await owner.claim(delivery.id, idle: .zero).word, is: "mine")
    try expect("the former owner's extension", try await former.extend([delivery.id]), is: [])
    try expect("its burial", try await former.bury(delivery, reason: "r", detail: "d"), is: false)
    try await former.release([delivery.id], after: .zero, isAttempt: true)
    try expect("idle after its release", try await owner.pending(idle: .seconds(30), of: nil, limit: 9).count, is: 0)
    let dead = try await stage.broker.deadLetters(stage.topic, partition: 0, after: nil, limit: 9)
    try expect("dead letters", dead.count, is: 0)
    try expect("the owner's extension", try await owner.extend([delivery.id]), is: [delivery.id])
    let pending = try await owner.pending(idle: .zero, of: nil, limit: 9)
    try expect("pending", pending, is: [PendingDelivery(id: delivery.id, owner: "owner", deliveries: 2)])
  }

  @Sendable private static func passesOverUnknownIDs(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    try await stage.publish(1...1)
    let id = try await link.takeOne().id
    let unknown = "99999999999999-7"
    try await link.acknowledge([unknown])
    try await link.release([unknown], after: .zero, isAttempt: true)
    try expect("extended", try await link.extend([unknown, id]), is: [id])
    try expect("claimed", try await link.claim(unknown, idle: .zero).word, is: "gone")
    try expect("pending", try await link.pending(idle: .zero, of: nil, limit: 9).map(\.id), is: [id])
  }
}
