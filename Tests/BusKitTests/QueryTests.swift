import Foundation
import Postgres
import Redis
import TestKit
import Testing

@testable import BusKit

struct QueryTests {
  private static func service() -> Service {
    var service = World.counter()
    service.answer(GetTotal.self) { query, bus in
      switch query.account {
      case "slow": try await Task.sleep(for: .seconds(60))
      case "broken": throw Refusal()
      case "away": throw PostgresError(.connection, "No connection")
      case "full": throw PostgresError(.server(sqlState: "53100"), "could not extend file")
      default: break
      }
      let total = try await bus.read { session in
        try session.execute("select total as n from accounts where id = $1", [.text(query.account)])
          .rows.first?.int("n")
      }
      guard let total else { throw QueryFailure(code: "not_found", message: "no account \(query.account)") }
      return Int(total)
    }
    return service
  }

  private static func failure(_ body: () async throws -> Void) async throws -> QueryFailure? {
    do {
      try await body()
      return nil
    } catch let failure as QueryFailure {
      return failure
    }
  }

  @Test func aQuestionHasItsAnswerOrItsTypedFailure() async throws {
    try await World.run { world in
      let counter = try await world.start(Self.service())
      let audit = try await world.start(World.audit())
      try await world.send(Add(account: "a", amount: 7))
      try await eventually { try await counter.account("a") != nil }
      #expect(try await audit.bus.ask(GetTotal(account: "a"), within: .seconds(5)) == 7)
      let missing = try await Self.failure { _ = try await audit.bus.ask(GetTotal(account: "b"), within: .seconds(5)) }
      #expect(missing == QueryFailure(code: "not_found", message: "no account b"))
      let broken = try await Self.failure {
        _ = try await audit.bus.ask(GetTotal(account: "broken"), within: .seconds(5))
      }
      #expect(broken?.code == "internal")
      #expect(broken?.message.contains("Refusal") == false)
      // Nothing of a question stays pending.
      #expect(try await world.pending(GetTotal.topic, "counter") == 0)
    }
  }

  @Test func aQuestionWhoseAnswererHasNoDatabaseIsUnavailable() async throws {
    try await World.run { world in
      _ = try await world.start(Self.service())
      let audit = try await world.start(World.audit())
      for account in ["away", "full"] {
        let failure = try await Self.failure {
          _ = try await audit.bus.ask(GetTotal(account: account), within: .seconds(5))
        }
        #expect(failure?.code == "unavailable", "\(account)")
      }
    }
  }

  @Test func aQuestionThatRedisRefusesIsUnavailable() async throws {
    try await World.run { world in
      let audit = try await world.start(World.audit())
      _ = try await world.redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "1"))
      let failure = try await Self.failure {
        _ = try await audit.bus.ask(GetTotal(account: "a"), within: .seconds(5))
      }
      _ = try await world.redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
      #expect(failure?.code == "unavailable")
      #expect(failure?.message.contains("OOM") == true)
    }
  }

  @Test func manyQuestionsAtOnceEachHaveTheirOwnAnswer() async throws {
    try await World.run { world in
      let counter = try await world.start(Self.service())
      try await world.send((0..<50).map { Add(account: "a\($0)", amount: $0) })
      try await eventually { try await counter.account("a49") != nil }
      try await BusClient(redis: world.server.configuration, name: "test", logger: counter.bus.logger).run { client in
        try await withThrowingTaskGroup(of: (Int, Int).self) { group in
          for number in 0..<50 { group.addTask { (number, try await client.ask(GetTotal(account: "a\(number)"))) } }
          for try await (number, total) in group { #expect(number == total) }
        }
      }
    }
  }

  @Test func aQuestionWithoutAnswerTimesOutAndACancelledOneEndsAtOnce() async throws {
    try await World.run { world in
      let counter = try await world.start(Self.service())
      let start = ContinuousClock.now
      let silent = try await Self.failure { _ = try await counter.bus.ask(GetNothing(), within: .milliseconds(200)) }
      #expect(silent?.code == "timeout")
      let slow = try await Self.failure {
        _ = try await counter.bus.ask(GetTotal(account: "slow"), within: .milliseconds(200))
      }
      // Of both whose time is up at once the answerer may be the first to say so.
      #expect(slow.map { ["timeout", "unavailable"].contains($0.code) } == true, "\(String(describing: slow))")
      #expect(ContinuousClock.now - start < .seconds(5))

      let asking = Task { try await counter.bus.ask(GetTotal(account: "slow"), within: .seconds(60)) }
      try await eventually { try await world.entries(GetTotal.topic.streamKey(0)).count == 2 }
      asking.cancel()
      await #expect(throws: CancellationError.self) { try await asking.value }
    }
  }

  @Test func aQuestionIsUnavailableWhileTheBrokerIsAway() async throws {
    let broker = MemoryBroker()
    let logger = JSONLog.logger(service: "test", level: .critical)
    try await BusClient(broker: broker, name: "test", logger: logger).run { client async throws in
      broker.setDown(true)
      let failure = try await Self.failure { _ = try await client.ask(GetNothing(), within: .seconds(30)) }
      #expect(failure?.code == "unavailable")
      broker.setDown(false)
    }
  }

  @Test(arguments: [
    ("timeout", true, false), ("overloaded", true, false), ("unavailable", true, false), ("internal", false, false),
    ("unknown_query", true, true), ("unreadable_query", false, true), ("not_found", false, true),
  ])
  func whichFailuresAreNoAnswer(code: String, isNoAnswer: Bool, isRefusal: Bool) {
    let failure = QueryFailure(code: code, message: "")
    #expect(failure.isNoAnswer == isNoAnswer)
    #expect(failure.isRefusal == isRefusal)
  }

  @Test func aSilentRedisDoesNotHoldTheAskerLongerThanItWaits() async throws {
    try await World.run { world in
      let counter = try await world.start(Self.service())
      try await world.server.kill9()
      let start = ContinuousClock.now
      let failure = try await Self.failure {
        _ = try await counter.bus.ask(GetNothing(), within: .milliseconds(300))
      }
      #expect(failure?.isNoAnswer == true)
      #expect(ContinuousClock.now - start < .seconds(2))
      try await world.server.restart()
    }
  }

  @Test func aReplyReachesTheProcessThatExpectsIt() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      let audit = try await world.start(World.audit())
      let expectation = audit.bus.expectReply(Added.self, correlation: "c1")
      let process = audit.bus.process
      try await counter.bus.transaction { unit in
        try unit.reply(Added(aggregate: "a", seq: 1, total: 2), to: process, correlation: "c1")
      }
      #expect(try await expectation.value(within: .seconds(10)) == Added(aggregate: "a", seq: 1, total: 2))
      #expect(try await audit.bus.expectReply(Added.self, correlation: "c2").value(within: .milliseconds(50)) == nil)
    }
  }

  @Test func anAnswerThatNobodyBeginsToWaitForIsForgotten() async throws {
    try await World.run { world in
      let asker = try await world.start(World.counter()).core.asker
      let taken = (0..<10_000).filter { asker.register("\($0)", atMost: .seconds(2)) }
      #expect(taken.count == 10_000)
      #expect(!asker.register("one more"))
      try await eventually { asker.register("one more") }
    }
  }

  @Test func whatAServiceSendsWithoutItsOutboxIsCounted() async throws {
    try await World.run { world in
      var service = World.counter()
      service.answer(GetTotal.self) { query, _ in query.account.count }
      let counter = try await world.start(service)
      #expect(try await counter.bus.ask(GetTotal(account: "abc"), within: .seconds(10)) == 3)
      // The question and its answer.
      try await eventually {
        counter.core.metrics.render().contains("energy_bus_direct_published_total 2\n")
      }
    }
  }
}
