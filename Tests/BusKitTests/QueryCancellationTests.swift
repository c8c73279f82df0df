import Foundation
import Redis
import TestKit
import Testing

@testable import BusKit

private struct Weigh: Query {
  static let messageType = "test.Weigh"
  static let topic = Topic("test.weights", groups: [.observer("scales")], lengthMax: 1000, isTransient: true)
  typealias Reply = Int
  enum Failure: Error, Codable, Sendable, Equatable {
    case tooHeavy(limit: Int)
  }
  let grams: Int
  var messageKey: String { "" }
}

@Suite struct QueryCancellationTests {
  /// What happened to the answers that take for ever.
  private static func scales(_ diary: Diary<String>) -> Consumer {
    var consumer = Consumer(group: "scales")
    consumer.options.readBlock = .milliseconds(40)
    consumer.answer(Weigh.self) { question in
      switch question.grams {
      case 1000...: throw Weigh.Failure.tooHeavy(limit: 999)
      case ..<0:
        diary.write("begun")
        do { try await Task.sleep(for: .seconds(60)) } catch { diary.write("cancelled") }
        throw CancellationError()
      default: return question.grams
      }
    }
    return consumer
  }

  private func withScales(
    _ body: @escaping @Sendable (BusClient, Diary<String>, RedisServer) async throws -> Void
  ) async throws {
    let server = try await RedisServer.start()
    let logger = JSONLog.logger(service: "test", level: .critical)
    let diary = Diary<String>()
    do {
      try await BusClient(redis: server.configuration, name: "scales", logger: logger).run { answering in
        let runtime = answering.runtime(of: Self.scales(diary))
        async let running: Void = runtime.run()
        do {
          try await BusClient(redis: server.configuration, name: "asker", logger: logger).run { asking in
            try await body(asking, diary, server)
          }
        } catch {
          runtime.stop()
          throw error
        }
        runtime.stop()
        try await running
      }
    } catch {
      try await server.stop()
      throw error
    }
    try await server.stop()
  }

  @Test func aFailureReachesTheAskerAsItsOwnType() async throws {
    try await withScales { client, _, _ in
      let answer = try await client.ask(Weigh(grams: 5))
      #expect(answer == 5)
      await #expect(throws: Weigh.Failure.tooHeavy(limit: 999)) { try await client.ask(Weigh(grams: 2000)) }
    }
  }

  @Test func anAskerThatIsCancelledEndsTheWorkInTheOtherProcess() async throws {
    try await withScales { client, diary, _ in
      let asking = Task { try await client.ask(Weigh(grams: -1), within: .seconds(60)) }
      try await eventually { diary.lines == ["begun"] }
      // Until the answerer has told who works on it.
      try await Task.sleep(for: .milliseconds(150))
      asking.cancel()
      await #expect(throws: CancellationError.self) { try await asking.value }
      try await eventually { diary.lines == ["begun", "cancelled"] }
    }
  }

  @Test func anAskerThatIsCancelledEarlyEndsTheWorkAsWell() async throws {
    try await withScales { client, diary, _ in
      let asking = Task { try await client.ask(Weigh(grams: -1), within: .seconds(60)) }
      try await eventually { diary.lines == ["begun"] }
      asking.cancel()
      await #expect(throws: CancellationError.self) { try await asking.value }
      try await eventually { diary.lines == ["begun", "cancelled"] }
    }
  }

  @Test func theDeadlineEndsTheWorkAndTheWait() async throws {
    try await withScales { client, diary, _ in
      let start = ContinuousClock.now
      let failure = await #expect(throws: QueryFailure.self) {
        try await client.ask(Weigh(grams: -1), within: .milliseconds(200))
      }
      #expect(["timeout", "internal"].contains(failure?.code))
      #expect(ContinuousClock.now - start < .seconds(2))
      try await eventually { diary.lines == ["begun", "cancelled"] }
    }
  }

  @Test func streamsOfQuestionsAndAnswersExpireAndThoseOfEndedProcessesAreGone() async throws {
    try await withScales { client, _, server in
      for grams in 0..<20 {
        let answer = try await client.ask(Weigh(grams: grams))
        #expect(answer == grams)
      }
      let redis = RedisConnection(configuration: server.configuration)
      for key in [Weigh.topic.streamKey(0), Topic.replies(process: client.process).streamKey(0)] {
        let left = try #require(try await redis.send(RedisCommand("TTL", .init(key))).int)
        #expect((1...60).contains(left))
      }
      let other = BusClient(
        redis: server.configuration, name: "short", logger: JSONLog.logger(service: "test", level: .critical))
      let stream = Topic.replies(process: other.process).streamKey(0)
      _ = try await other.run { try await $0.ask(Weigh(grams: 1)) }
      let exists = try await redis.send(RedisCommand("EXISTS", .init(stream))).int
      #expect(exists == 0)
      await redis.close()
    }
  }

  @Test func manyQuestionsAreInFlightOnOneReplyStream() async throws {
    try await withScales { client, _, _ in
      try await withThrowingTaskGroup(of: (Int, Int).self) { group in
        for grams in 0..<500 { group.addTask { (grams, try await client.ask(Weigh(grams: grams))) } }
        for try await (grams, answer) in group { #expect(grams == answer) }
      }
    }
  }
}
