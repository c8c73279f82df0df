import BusKit
import Foundation
import Redis
import Synchronization
import TestKit
import Testing

@testable import BusKitExamples

/// The examples on a real Redis and a real Postgres.
struct RunningTests {
  private static var timing: BusTiming {
    var timing = BusTiming()
    timing.readBlock = .milliseconds(40)
    timing.sweep = .milliseconds(100)
    timing.outboxPoll = .milliseconds(40)
    timing.effectPoll = .milliseconds(40)
    return timing
  }

  private static var options: ConsumerOptions {
    var options = ConsumerOptions()
    options.readBlock = .milliseconds(40)
    options.backoff = Backoff(first: .milliseconds(20), most: .milliseconds(100))
    return options
  }

  private static func withRedis(_ body: (RedisServer) async throws -> Void) async throws {
    let server = try await RedisServer.start()
    do {
      try await body(server)
    } catch {
      try await server.stop()
      throw error
    }
    try await server.stop()
  }

  /// Runs the loans service while `body` speaks to it.
  private static func withLoans(
    _ server: RedisServer, _ conninfo: String, shelves: Set<String>,
    _ body: @escaping @Sendable (BusClient) async throws -> Void
  ) async throws {
    let configuration = loansConfiguration(redis: server.configuration, conninfo: conninfo, timing: timing)
    let runtime = ServiceRuntime(makeLoans(shelves: shelves), configuration)
    async let running: Void = runtime.run()
    do {
      try await client(server).run(body)
    } catch {
      runtime.stop()
      throw error
    }
    runtime.stop()
    try await running
  }

  private static func client(_ server: RedisServer) -> BusClient {
    BusClient(
      redis: server.configuration, name: "desk", logger: JSONLog.logger(service: "desk", level: .critical))
  }

  @Test func aRunningLibraryLendsAnswersAndReplays() async throws {
    try await Self.withRedis { server in
      let conninfo = try await PostgresServer.shared().createDatabase()
      try await Self.withLoans(server, conninfo, shelves: ["A"]) { client in
        #expect(try await code(AddBook(book: "Emma", shelf: "A"), client) == "added")
        #expect(try await code(LendBook(book: "Emma", reader: "ann"), client) == "lent")
        #expect(try await code(LendBook(book: "Emma", reader: "bob"), client) == "lent_already")
        #expect(try await reader(of: "Emma", over: client) == "ann")
        #expect(try await reader(of: "Ulysses", over: client) == "there is no such book")

        // A program without a database reads along.
        let statistics = LoanStatistics()
        let runtime = client.runtime(of: makeStatistics(statistics, options: Self.options))
        async let consuming: Void = runtime.run()
        try await eventually { statistics.loans(of: "Emma") == 1 }
        let result = try await replay(
          book: "Emma", from: "loans-svc", by: "ann", reason: "statistics were reset", key: "k1", over: client)
        #expect(result?.ok == true)
        try await eventually { statistics.deliveries == 2 }
        #expect(statistics.loans(of: "Emma") == 1)
        runtime.stop()
        try await consuming

        try await client.send(AddBook(book: "Ulysses", shelf: "B"))
        try await eventually { try await deadLetters(of: LibraryTopic.commands, over: client).count == 1 }
        #expect(
          try await deadLetters(of: LibraryTopic.commands, over: client)[0].contains("permanent: there is no shelf B"))
      }
      // The next release has built the shelf.
      try await Self.withLoans(server, conninfo, shelves: ["A", "B"]) { client in
        let result = try await replayDeadLetters(
          of: LibraryTopic.commands, partition: 0, to: "loans-svc", by: "ann", reason: "shelf B stands", key: "k2",
          over: client)
        #expect(result?.ok == true)
        try await eventually { try await reader(of: "Ulysses", over: client) == "nobody" }
        #expect(try await deadLetters(of: LibraryTopic.commands, over: client).isEmpty)
      }
    }
  }

  @Test func theDoorIsCountedInBatches() async throws {
    struct Jammed: Error {}
    try await Self.withRedis { server in
      try await Self.client(server).run { client in
        let counted = Mutex<(ids: Set<UUID>, runs: Int)>(([], 0))
        let consumer = makeDoorCount(options: Self.options) { opening, id in
          let isFirst = counted.withLock { counted in
            counted.runs += 1
            return counted.ids.insert(id).inserted
          }
          if opening.number == 7, isFirst { throw Jammed() }
        }
        #expect(try await publish((0..<100).map { DoorOpened(number: $0) }, over: client).isEmpty)
        let runtime = client.runtime(of: consumer)
        async let consuming: Void = runtime.run()
        try await eventually { counted.withLock { $0.runs } == 101 }
        #expect(counted.withLock { $0.ids.count } == 100)
        runtime.stop()
        try await consuming
      }
    }
  }

  @Test func aConsumerWithoutADatabaseReadsTheFirstFormOfACommand() async throws {
    try await Self.withRedis { server in
      try await Self.client(server).run { client in
        let seen = Mutex<[LendBook]>([])
        var consumer = Consumer(group: "loans-svc", options: Self.options)
        consumer.handle(LendBook.self) { command, _ in seen.withLock { $0.append(command) } }
        try await client.publish(LendBookV1(book: "Emma", reader: "ann", weeks: 2))
        let runtime = client.runtime(of: consumer)
        async let consuming: Void = runtime.run()
        try await eventually { seen.withLock { $0 } == [LendBook(book: "Emma", reader: "ann", days: 14)] }
        runtime.stop()
        try await consuming
      }
    }
  }

  @Test func everyMistakeOfAConfigurationIsListed() async throws {
    let error = await #expect(throws: ConfigurationError.self) {
      try await runLoans(["ENERGY_REDIS_URL": "http://x", "ENERGY_LEASE_MS": "soon"])
    }
    #expect("\(try #require(error))".contains("ENERGY_LEASE_MS is 'soon'"))
  }

  private func code<M: Message>(_ command: M, _ client: BusClient) async throws -> String? {
    try await client.command(command, answer: LoanAnswer.self)?.code
  }
}
