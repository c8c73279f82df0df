import BusKit

/// A broker may trim in steps, so a trim need not take everything that may go; never may it take more.
extension BrokerConformance {
  static let retention: [BrokerPromise] = [
    BrokerPromise("what an essential group has not acknowledged is never trimmed", keepsUnacknowledged),
    BrokerPromise("what every group has acknowledged is trimmed", trimsAcknowledged),
    BrokerPromise("a declared group that does not exist yet holds everything", absentGroupHolds),
    BrokerPromise("an observer holds the stream up to the cap and no longer", observerHoldsToTheCap),
    BrokerPromise("a stream that only observers read is trimmed to its cap", observersOnly),
    BrokerPromise("the state of a topic tells lengths, lag, pending, dead letters and consumers", tellsState),
    BrokerPromise("the state of a topic tells its size", needs: .bytes, tellsBytes),
  ]

  private static let dead: Duration = .seconds(3600)
  private static let count = 1000

  @Sendable private static func keepsUnacknowledged(_ stage: ConformanceStage) async throws {
    let topic = stage.topic(".capped", groups: [.essential("g")], lengthMax: 10)
    let link = try await stage.join(topic: topic)
    try await stage.publish(1...count, to: topic)
    try expect("trimmed of what nobody has read", try await link.trim(deadAge: dead), is: 0)
    let read = try await link.take()
    try await link.acknowledge(read.dropFirst(500).map(\.id))
    try expect("trimmed before the oldest pending", try await link.trim(deadAge: dead), is: 0)
    try await link.acknowledge(read.prefix(499).map(\.id))
    let trimmed = try await link.trim(deadAge: dead)
    try expect((1...499).contains(trimmed), "some of the 499 before the pending one", seen: "\(trimmed)")
    let pending = try await link.pending(idle: .zero, of: nil, limit: 9)
    try expect("pending", pending.map(\.id), is: [read[499].id])
    let claimed = try await link.claim(read[499].id, idle: .zero)
    try expect("the pending one", try claimed.delivery.map { try ConformanceStage.text($0) }, is: "500")
  }

  @Sendable private static func trimsAcknowledged(_ stage: ConformanceStage) async throws {
    let topic = stage.topic(".two", groups: [.essential("a"), .essential("b")])
    let (a, b) = (try await stage.join(group: "a", topic: topic), try await stage.join(group: "b", topic: topic))
    try await stage.publish(1...count, to: topic)
    try await a.acknowledge(try await a.take().map(\.id))
    try expect("trimmed before the other group has read", try await a.trim(deadAge: dead), is: 0)
    try await b.acknowledge(try await b.take(900).map(\.id))
    let trimmed = try await a.trim(deadAge: dead)
    try expect((500...900).contains(trimmed), "most of the 900 that both have done", seen: "\(trimmed)")
    try expect("the length", try await stage.broker.length(of: topic.streamKey(0)), is: count - trimmed)
    try expect("what b still gets", try ConformanceStage.numbers(try await b.take()), is: Array(901...count))
  }

  @Sendable private static func absentGroupHolds(_ stage: ConformanceStage) async throws {
    for absent in [ConsumerGroup.essential("later"), .observer("later")] {
      let topic = stage.topic(".\(absent.role.rawValue)", groups: [.essential("g"), absent])
      let link = try await stage.join(topic: topic)
      try await stage.publish(1...count, to: topic)
      try await link.acknowledge(try await link.take().map(\.id))
      try expect("trimmed before the group exists", try await link.trim(deadAge: dead), is: 0)
      let later = try await stage.join(group: "later", topic: topic)
      try expect("what it gets", try await later.take().count, is: count)
    }
  }

  @Sendable private static func observerHoldsToTheCap(_ stage: ConformanceStage) async throws {
    for (lengthMax, isTrimmed) in [(1_000_000, false), (10, true)] {
      let topic = stage.topic(".cap\(lengthMax)", groups: [.essential("g"), .observer("o")], lengthMax: lengthMax)
      let link = try await stage.join(topic: topic)
      let observer = try await stage.join(group: "o", topic: topic)
      try await stage.publish(1...count, to: topic)
      try await link.acknowledge(try await link.take().map(\.id))
      let trimmed = try await observer.trim(deadAge: dead)
      try expect((trimmed > 0) == isTrimmed, "trimmed at a cap of \(lengthMax): \(isTrimmed)", seen: "\(trimmed)")
    }
  }

  @Sendable private static func observersOnly(_ stage: ConformanceStage) async throws {
    let topic = stage.topic(".observers", groups: [.observer("o")], lengthMax: 300)
    let link = try await stage.join(group: "o", topic: topic)
    try await stage.publish(1...count, to: topic)
    let trimmed = try await link.trim(deadAge: dead)
    let length = try await stage.broker.length(of: topic.streamKey(0))
    try expect((300...500).contains(length), "about 300 left", seen: "\(length), after \(trimmed) were trimmed")
    let numbers = try ConformanceStage.numbers(try await link.take())
    try expect("the newest", numbers, is: Array((count - length + 1)...count))
  }

  @Sendable private static func tellsState(_ stage: ConformanceStage) async throws {
    let topic = stage.topic(".state", partitions: 2, groups: [.essential("g")])
    let link = try await stage.join(topic: topic, partition: 1)
    let key = (0...).lazy.map { "k\($0)" }.first { topic.partition(of: $0) == 1 } ?? ""
    _ = try await stage.broker.publish(
      (1...10).map { Publication(ConformanceStage.envelope("\($0)", key: key), topic: topic) })
    let read = try await link.take(4)
    try await link.acknowledge([read[0].id])
    _ = try await link.bury(read[1], reason: "r", detail: "d")
    let states = try await stage.broker.state(of: topic)
    try expect("partitions", states.map(\.partition), is: [0, 1])
    try expect("lengths", states.map(\.length), is: [0, 10])
    try expect("dead letters", states.map(\.dead), is: [0, 1])
    try expect("an empty partition's oldest", states[0].oldestMilliseconds, is: nil)
    let ages = [states[1].oldestMilliseconds, states[1].groups.first?.oldestPendingMilliseconds]
    for age in ages {
      try expect((0..<60_000).contains(age ?? -1), "an age of the oldest", seen: "\(String(describing: age))")
    }
    try expect("groups", states[1].groups.map(\.name), is: ["g"])
    try expect("lag", states[1].groups.first?.lag, is: 6)
    try expect("pending", states[1].groups.first?.pending, is: 2)
    try expect("consumers", states[1].groups.first?.consumers.map(\.name), is: ["one"])
    try expect("held by them", states[1].groups.first?.consumers.map(\.pending), is: [2])
  }

  @Sendable private static func tellsBytes(_ stage: ConformanceStage) async throws {
    try await stage.publish(1...100)
    let bytes = try await stage.broker.state(of: stage.topic).first?.bytes ?? 0
    try expect(bytes > 1000, "more bytes than 1000 for 100 messages", seen: "\(bytes)")
  }
}
