import BusKit

extension BrokerConformance {
  static let life: [BrokerPromise] = [
    BrokerPromise("a process is alive from its sign of life until it leaves", isAliveUntilItLeaves),
    BrokerPromise("a sign of life runs out", signRunsOut),
    BrokerPromise("a sign of life tells the broker's clock", tellsClock),
  ]

  @Sendable private static func isAliveUntilItLeaves(_ stage: ConformanceStage) async throws {
    let broker = stage.broker
    try expect("alive before", try await broker.isAlive(service: stage.topic.name, process: "p"), is: false)
    _ = try await broker.beat(service: stage.topic.name, process: "p", for: .seconds(60))
    let other = try await stage.connect()
    try expect("alive", try await other.isAlive(service: stage.topic.name, process: "p"), is: true)
    try expect("another process", try await other.isAlive(service: stage.topic.name, process: "q"), is: false)
    try expect("another service", try await other.isAlive(service: "\(stage.topic.name)2", process: "p"), is: false)
    try await broker.leave(service: stage.topic.name, process: "p")
    try expect("alive after", try await other.isAlive(service: stage.topic.name, process: "p"), is: false)
  }

  @Sendable private static func signRunsOut(_ stage: ConformanceStage) async throws {
    _ = try await stage.broker.beat(service: stage.topic.name, process: "p", for: .milliseconds(40))
    try await Task.sleep(for: .milliseconds(80))
    try expect("alive", try await stage.broker.isAlive(service: stage.topic.name, process: "p"), is: false)
  }

  @Sendable private static func tellsClock(_ stage: ConformanceStage) async throws {
    let first = try await stage.broker.beat(service: "s", process: "p", for: .seconds(1))
    try await stage.publish(1...1)
    let delivery = try await stage.join().takeOne()
    let second = try await stage.broker.beat(service: "s", process: "p", for: .seconds(1))
    try expect(
      first.milliseconds <= delivery.milliseconds && delivery.milliseconds <= second.milliseconds,
      "a message's time between two signs of life", seen: "\(delivery.milliseconds)")
    try expect("the generation", second.generation, is: stage.broker.generation)
  }
}
