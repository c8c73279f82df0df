import BusKit
import Foundation

extension BrokerConformance {
  static let deadLetters: [BrokerPromise] = [
    BrokerPromise("a dead letter says why, when and after how many deliveries, and holds the message", buries),
    BrokerPromise("only what is still pending is buried, and once", buriesOnce),
    BrokerPromise("a message that was no delivery becomes a dead letter as old as it is", buriesWithoutDelivery),
    BrokerPromise("dead letters put back are the messages they were", replaysDead),
    BrokerPromise("dead letters of messages that are too old are not put back", replaysYoung),
    BrokerPromise("a message that was put back and is buried again is as old as it was", staysAsOldAsItIs),
    BrokerPromise("dead letters are forgotten on request", purgesDead),
    BrokerPromise("streams and dead letters are shown page by page", showsPages),
    BrokerPromise("dead letters go at their age", deadLettersAge),
  ]

  /// Publishes, reads and buries messages; returns them as they were read.
  private static func bury(_ count: Int, _ stage: ConformanceStage) async throws -> [Delivery] {
    let link = try await stage.join()
    try await stage.publish(1...count)
    let deliveries = try await link.take()
    for delivery in deliveries {
      try expect("burial", try await link.bury(delivery, reason: "attempts", detail: "why"), is: true)
    }
    return deliveries
  }

  private static func letters(_ stage: ConformanceStage) async throws -> [DeadLetter] {
    try await stage.broker.deadLetters(stage.topic, partition: 0, after: nil, limit: 10_000)
  }

  @Sendable private static func buries(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    try await stage.publish(1...2)
    let read = try await link.takeOne()
    try await link.letGo(read)
    guard let delivery = try await link.claim(read.id, idle: .zero).delivery else {
      throw ConformanceFailure(expected: "the claim of what was let go", seen: "nothing")
    }
    let detail = "what went wrong, größer\nand " + String(repeating: "long ", count: 1000)
    try expect("burial", try await link.bury(delivery, reason: "attempts", detail: detail), is: true)
    let letters = try await letters(stage)
    guard letters.count == 1, let letter = letters.first else {
      throw ConformanceFailure(expected: "one dead letter", seen: "\(letters.count)")
    }
    try expect("group", letter.group, is: "g")
    try expect("reason", letter.reason, is: "attempts")
    try expect(
      letter.detail.hasPrefix("what went wrong, größer\nand long"), "the detail's beginning", seen: letter.detail)
    try expect(letter.detail.count <= 500, "a detail of at most 500 characters", seen: "\(letter.detail.count)")
    try expect("deliveries", letter.deliveries, is: 2)
    try expect("when it came", letter.firstMilliseconds, is: delivery.milliseconds)
    let age = letter.buriedMilliseconds - letter.firstMilliseconds
    try expect((0...60_000).contains(age), "a burial a moment later", seen: "\(age) ms later")
    try expect("the message", try letter.envelope(), is: try delivery.envelope())
    try expect("pending", try await link.pending(idle: .zero, of: nil, limit: 9).count, is: 0)
    try expect("the rest of the stream", try ConformanceStage.numbers(try await link.take()), is: [2])
  }

  @Sendable private static func buriesWithoutDelivery(_ stage: ConformanceStage) async throws {
    // Fractions that binary numbers do not hold exactly.
    let times = (0..<20).map { Int64(1_700_000_000_001 + $0 * 37_037) }
    for milliseconds in times {
      var envelope = ConformanceStage.envelope("waited")
      envelope.createdAt = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
      try await stage.broker.bury(
        envelope,
        DeadLetterNote(topic: stage.topic, partition: 0, group: "g", reason: "r", detail: "d", deliveries: 5))
      guard let letter = try await letters(stage).last else {
        throw ConformanceFailure(expected: "a dead letter", seen: "none")
      }
      try expect("when it came", letter.firstMilliseconds, is: milliseconds)
      try expect("why", [letter.group, letter.reason, letter.detail], is: ["g", "r", "d"])
      try expect("deliveries", letter.deliveries, is: 5)
      try expect("the message", try letter.envelope().id, is: envelope.id)
    }
    let ids = try await letters(stage).map(\.id)
    try expect("put back", try await stage.broker.replayDead(stage.topic, partition: 0, ids: ids), is: times.count)
    try expect("in the stream", try await stage.join().take().count, is: times.count)
  }

  @Sendable private static func buriesOnce(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    try await stage.publish(1...2)
    let deliveries = try await link.take()
    try await link.acknowledge([deliveries[0].id])
    try expect("burying what is done", try await link.bury(deliveries[0], reason: "r", detail: ""), is: false)
    try expect("burying", try await link.bury(deliveries[1], reason: "r", detail: ""), is: true)
    try expect("burying again", try await link.bury(deliveries[1], reason: "r", detail: ""), is: false)
    try expect("dead letters", try await letters(stage).count, is: 1)
  }

  @Sendable private static func replaysDead(_ stage: ConformanceStage) async throws {
    let buried = try await bury(3, stage)
    let ids = try await letters(stage).map(\.id)
    let count = try await stage.broker.replayDead(stage.topic, partition: 0, ids: [ids[0], ids[2], "1-1"])
    try expect("put back", count, is: 2)
    let link = try await stage.join()
    let again = try await link.take()
    let expected = try [buried[0], buried[2]].map { try $0.envelope() }
    try expect("their envelopes", try again.map { try $0.envelope() }, is: expected)
    try expect("their deliveries", again.map(\.deliveries), is: [1, 1])
    let isNew = Set(again.map(\.id)).isDisjoint(with: buried.map(\.id))
    try expect(isNew, "places of their own", seen: "\(again.map(\.id))")
    try expect("left", try await letters(stage).map(\.id), is: [ids[1]])
    try expect("put back twice", try await stage.broker.replayDead(stage.topic, partition: 0, ids: [ids[0]]), is: 0)
  }

  @Sendable private static func replaysYoung(_ stage: ConformanceStage) async throws {
    for milliseconds in [1_000, 2_000, 3_000] as [Int64] {
      var envelope = ConformanceStage.envelope("\(milliseconds)")
      envelope.createdAt = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
      try await stage.broker.bury(
        envelope,
        DeadLetterNote(topic: stage.topic, partition: 0, group: "g", reason: "r", detail: "d", deliveries: 5))
    }
    let ids = try await letters(stage).map(\.id)
    let count = try await stage.broker.replayDead(stage.topic, partition: 0, ids: ids, since: 2_000)
    try expect("put back", count, is: 2)
    try expect("left", try await letters(stage).map(\.id), is: Array(ids.prefix(1)))
    try expect("in the stream", try ConformanceStage.numbers(try await stage.join().take()), is: [2_000, 3_000])
  }

  @Sendable private static func staysAsOldAsItIs(_ stage: ConformanceStage) async throws {
    let written: Int64 = 1_700_000_000_000
    var envelope = ConformanceStage.envelope("1")
    envelope.createdAt = Date(timeIntervalSince1970: Double(written) / 1000)
    _ = try await stage.broker.publish([Publication(envelope, topic: stage.topic)])
    let link = try await stage.join()
    for round in 1...2 {
      let delivery = try await link.takeOne()
      try expect("burial \(round)", try await link.bury(delivery, reason: "r", detail: "d"), is: true)
      let ids = try await letters(stage).map(\.id)
      func replay(since oldest: Int64) async throws -> Int {
        try await stage.broker.replayDead(stage.topic, partition: 0, ids: ids, since: oldest)
      }
      try expect("put back although too old, \(round)", try await replay(since: written + 1), is: 0)
      try expect("left, \(round)", try await letters(stage).map(\.id), is: ids)
      try expect("put back, \(round)", try await replay(since: written), is: 1)
    }
  }

  @Sendable private static func purgesDead(_ stage: ConformanceStage) async throws {
    _ = try await bury(3, stage)
    let ids = try await letters(stage).map(\.id)
    try expect("purged", try await stage.broker.purgeDead(stage.topic, partition: 0, ids: [ids[1], "1-1"]), is: 1)
    try expect("left", try await letters(stage).map(\.id), is: [ids[0], ids[2]])
    try expect("purging nothing", try await stage.broker.purgeDead(stage.topic, partition: 0, ids: []), is: 0)
  }

  @Sendable private static func showsPages(_ stage: ConformanceStage) async throws {
    let buried = try await bury(5, stage)
    let broker = stage.broker
    let first = try await broker.deadLetters(stage.topic, partition: 0, after: nil, limit: 2)
    let second = try await broker.deadLetters(stage.topic, partition: 0, after: first.last?.id, limit: 10)
    let numbers = try (first + second).map { String(decoding: try $0.envelope().body, as: UTF8.self) }
    try expect("pages of dead letters", [first.count, second.count], is: [2, 3])
    try expect("their messages", numbers, is: ["1", "2", "3", "4", "5"])
    let page = try await broker.peek(stage.topic, partition: 0, after: nil, limit: 3)
    let rest = try await broker.peek(stage.topic, partition: 0, after: page.last?.id, limit: 10)
    try expect("a stream's ids", (page + rest).map(\.id), is: buried.map(\.id))
    try expect("a page", page.count, is: 3)
    let nothing = try await broker.peek(stage.topic, partition: 0, after: rest.last?.id, limit: 10)
    try expect("behind the end", nothing.count, is: 0)
  }

  @Sendable private static func deadLettersAge(_ stage: ConformanceStage) async throws {
    _ = try await bury(400, stage)
    let link = try await stage.join()
    _ = try await link.trim(deadAge: .seconds(3600))
    try expect("younger than an hour", try await letters(stage).count, is: 400)
    try await Task.sleep(for: .milliseconds(30))
    _ = try await link.trim(deadAge: .milliseconds(10))
    // A broker may drop in steps.
    let left = try await letters(stage).count
    try expect(left < 200, "most of those older than 10 ms are gone", seen: "\(left) of 400 left")
  }
}
