import BusKit

extension BrokerConformance {
  static let reading: [BrokerPromise] = [
    BrokerPromise("messages of a stream come in the order in which they were published", keepsOrder),
    BrokerPromise(
      "a group begins with the oldest message there is, and making it again changes nothing", beginsAtTheOldest),
    BrokerPromise("of a group one consumer gets a message, of several at once", oneConsumerOfAGroup),
    BrokerPromise("every group gets every message", everyGroup),
    BrokerPromise("a read takes no more than its limit", keepsLimit),
    BrokerPromise("a read waits for the first message, and no longer than it was asked", waits),
    BrokerPromise("what is read as acknowledged is never pending", readAcknowledged),
    BrokerPromise("what is acknowledged is not pending, and acknowledging it again is no error", acknowledges),
    BrokerPromise("a read that names what is done acknowledges it, and nothing else", readsOn),
    BrokerPromise("a follower reads a stream from its beginning without a group", follows),
  ]

  @Sendable private static func keepsOrder(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    for start in stride(from: 1, through: 401, by: 100) { try await stage.publish(start...(start + 99)) }
    var read: [Delivery] = []
    while case let some = try await link.take(64), !some.isEmpty { read += some }
    try expect("numbers", try ConformanceStage.numbers(read), is: Array(1...500))
    try expect("different ids", Set(read.map(\.id)).count, is: 500)
    let times = read.map(\.milliseconds)
    try expect("times in order", times, is: times.sorted())
    let pulse = try await stage.broker.beat(service: "s", process: "p", for: .seconds(1))
    let age = pulse.milliseconds - (times.first ?? 0)
    try expect((0...60_000).contains(age), "times of the broker's own clock", seen: "an age of \(age) ms")
  }

  @Sendable private static func beginsAtTheOldest(_ stage: ConformanceStage) async throws {
    try await stage.publish(1...3)
    let link = try await stage.join()
    try expect("the first", try ConformanceStage.numbers(try await link.take(1)), is: [1])
    try await link.ensure()
    _ = try await stage.join("two")
    try expect("the rest", try ConformanceStage.numbers(try await link.take()), is: [2, 3])
  }

  @Sendable private static func oneConsumerOfAGroup(_ stage: ConformanceStage) async throws {
    var links: [any BrokerSubscription] = []
    for index in 0..<4 { links.append(try await stage.join("c\(index)", over: try await stage.connect())) }
    try await stage.publish(1...400)
    let all = try await withThrowingTaskGroup(of: [Int].self) { group in
      for link in links {
        group.addTask {
          var numbers: [Int] = []
          while case let some = try await link.take(7), !some.isEmpty { numbers += try ConformanceStage.numbers(some) }
          return numbers
        }
      }
      var all: [Int] = []
      for try await numbers in group { all += numbers }
      return all
    }
    try expect("each message once", all.sorted(), is: Array(1...400))
  }

  @Sendable private static func everyGroup(_ stage: ConformanceStage) async throws {
    let topic = stage.topic(".groups", groups: [.essential("a"), .observer("b")])
    let (a, b) = (try await stage.join(group: "a", topic: topic), try await stage.join(group: "b", topic: topic))
    try await stage.publish(1...20, to: topic)
    for link in [a, b] {
      try expect("what a group reads", try ConformanceStage.numbers(try await link.take()), is: Array(1...20))
    }
    try await a.acknowledge(try await a.pending(idle: .zero, of: nil, limit: 100).map(\.id))
    try expect("pending of the other group", try await b.pending(idle: .zero, of: nil, limit: 100).count, is: 20)
  }

  @Sendable private static func keepsLimit(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    try await stage.publish(1...10)
    try expect("a first read", try ConformanceStage.numbers(try await link.take(3)), is: [1, 2, 3])
    try expect("a second read", try ConformanceStage.numbers(try await link.take(3)), is: [4, 5, 6])
  }

  @Sendable private static func waits(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    let start = ContinuousClock.now
    try expect("an empty stream", try await link.take(wait: .milliseconds(60)).count, is: 0)
    let waited = ContinuousClock.now - start
    try expect(waited > .milliseconds(40) && waited < .seconds(5), "about 60 ms of waiting", seen: "\(waited)")

    let again = ContinuousClock.now
    async let read = link.take(wait: .seconds(30))
    try await Task.sleep(for: .milliseconds(60))
    try await stage.publish(1...1)
    try expect("what came meanwhile", try ConformanceStage.numbers(try await read), is: [1])
    let slept = ContinuousClock.now - again
    try expect(slept < .seconds(10), "woken by the message", seen: "after \(slept)")
  }

  @Sendable private static func readAcknowledged(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    try await stage.publish(1...5)
    let read = try await link.read(limit: 10, wait: .milliseconds(20), acknowledging: true)
    try expect("messages", try ConformanceStage.numbers(read), is: Array(1...5))
    try expect("pending", try await link.pending(idle: .zero, of: nil, limit: 10).count, is: 0)
    try expect("read again", try await link.take().count, is: 0)
  }

  @Sendable private static func readsOn(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    try await stage.publish(1...5)
    let first = try await link.read(limit: 3, wait: .milliseconds(20), done: [])
    try expect("a first read", try ConformanceStage.numbers(first), is: [1, 2, 3])
    let second = try await link.read(limit: 10, wait: .milliseconds(20), done: first.dropLast().map(\.id))
    try expect("a second read", try ConformanceStage.numbers(second), is: [4, 5])
    let pending = try await link.pending(idle: .zero, of: nil, limit: 10).map(\.id)
    try expect("pending", pending, is: first.suffix(1).map(\.id) + second.map(\.id))
    let third = try await link.read(limit: 10, wait: .milliseconds(20), done: pending)
    try expect("a third read", third.count, is: 0)
    try expect("pending at last", try await link.pending(idle: .zero, of: nil, limit: 10).count, is: 0)
  }

  @Sendable private static func acknowledges(_ stage: ConformanceStage) async throws {
    let link = try await stage.join()
    try await stage.publish(1...5)
    let ids = try await link.take().map(\.id)
    try await link.acknowledge(Array(ids.prefix(3)))
    try await link.acknowledge(Array(ids.prefix(3)))
    try await link.acknowledge([])
    try expect("pending", try await link.pending(idle: .zero, of: nil, limit: 10).map(\.id), is: Array(ids.suffix(2)))
    try expect("claiming what is done", try await link.claim(ids[0], idle: .zero).word, is: "gone")
  }

  @Sendable private static func follows(_ stage: ConformanceStage) async throws {
    let stream = stage.topic.streamKey(0)
    try await stage.publish(1...5)
    let (first, second) = (stage.follow(stream), stage.follow(stream))
    for reader in [first, second] {
      let three = try await reader.next(limit: 3, wait: .milliseconds(20))
      try expect("the first", try ConformanceStage.numbers(three), is: [1, 2, 3])
      let rest = try await reader.next(limit: 3, wait: .milliseconds(20))
      try expect("the rest", try ConformanceStage.numbers(rest), is: [4, 5])
    }
    async let next = first.next(limit: 3, wait: .seconds(30))
    try await Task.sleep(for: .milliseconds(60))
    try await stage.publish(6...6)
    try expect("what came meanwhile", try ConformanceStage.numbers(try await next), is: [6])
    try expect("nothing new", try await first.next(limit: 3, wait: .milliseconds(20)).count, is: 0)
  }
}
