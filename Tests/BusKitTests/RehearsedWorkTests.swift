import BusKitTesting
import Foundation
import Postgres
import Testing

@testable import BusKit

/// Effects, schedules, questions and transactions in a rehearsal.
struct RehearsedWorkTests {
  private static func note(_ id: String, _ text: String = "") -> EffectOutcome {
    .done(needs: [.row(Note.self, id)]) { unit in
      let before = try unit.find(Note.self, id).map { $0.text + "+" } ?? ""
      try unit.save(Note(id: id, topic: "effect", text: before + text))
    }
  }

  /// A counter that rings, and what was heard of it: seconds since the start and which ring.
  private func ringing(
    policy: EffectPolicy = EffectPolicy(),
    exhausted: @escaping @Sendable (Ring, String) -> EffectOutcome = { _, _ in .done() },
    _ run: @escaping @Sendable (Ring, EffectContext) async throws -> EffectOutcome
  ) throws -> Rehearsal {
    var service = World.counter()
    service.effect(Ring.self, policy: policy, exhausted: exhausted, run: run)
    return try Rehearsal(service)
  }

  @Test func anEffectRunsAndItsOutcomeIsWritten() async throws {
    let rehearsal = try ringing { ring, _ in Self.note(ring.key) }
    try await rehearsal.publish(Add(account: "a", then: "ring"))
    try await rehearsal.settle()
    #expect(try rehearsal.rows(of: Note.self).map(\.id) == ["a"])
    #expect(rehearsal.effects(Ring.self).isEmpty)
  }

  @Test func anEffectWhoseOutcomeIsLostRunsAgain() async throws {
    let runs = Diary<Int>()
    let rehearsal = try ringing { ring, context in
      runs.write(context.attempt)
      return Self.note(ring.key)
    }
    rehearsal.faults.runsEffectsTwice = true
    try await rehearsal.publish(Add(account: "a", then: "ring"))
    try await rehearsal.settle()
    #expect(runs.lines == [1, 2])
    #expect(try rehearsal.rows(of: Note.self).map(\.text) == [""])
  }

  @Test func aFailedEffectIsRunAgainWithBackoffAndThenGivenUp() async throws {
    let runs = Diary<TimeInterval>()
    let start = Date(timeIntervalSince1970: 1_767_225_600)
    let backoff = Backoff(first: .seconds(4), factor: 2, most: .seconds(60))
    let box = Diary<Rehearsal>()
    let rehearsal = try ringing(
      policy: EffectPolicy(attemptsMax: 3, backoff: backoff),
      exhausted: { _, reason in Self.note("exhausted", reason) },
      { _, _ in
        runs.write(box.lines[0].now.timeIntervalSince(start))
        throw TransientFailure("nobody at home")
      })
    box.write(rehearsal)
    try await rehearsal.publish(Add(account: "a", then: "ring"))
    try await rehearsal.settle()
    #expect(rehearsal.effects(Ring.self).map(\.lastError) == ["nobody at home"])
    try await rehearsal.advance(by: .seconds(60))
    #expect(runs.lines == [0, 3, 9])
    #expect(try rehearsal.rows(of: Note.self).map(\.text) == ["nobody at home"])
    #expect(rehearsal.effects(Ring.self).map(\.isDead) == [true])
  }

  @Test func effectsOfAKeyRunInTheirOrderAndOneThatWaitsByItsOwnWishHoldsNobodyUp() async throws {
    let runs = Diary<String>()
    let rehearsal = try ringing { ring, context in
      runs.write("\(ring.key)\(ring.number)")
      if ring.key == "x", ring.number == 1, context.attempt == 1 { throw TransientFailure("", delay: .seconds(5)) }
      let isFirst = runs.lines.filter { $0 == "y1" }.count == 1
      if ring.key == "y", ring.number == 1, isFirst { return .again(after: .seconds(5)) }
      return .done()
    }
    for key in ["x", "y", "x", "y"] { try await rehearsal.publish(Add(account: key, then: "ring")) }
    try await rehearsal.settle()
    #expect(runs.lines == ["x1", "y1", "y2"])
    try await rehearsal.advance(by: .seconds(5))
    #expect(runs.lines.suffix(3).sorted() == ["x1", "x2", "y1"])
    #expect(rehearsal.effects(Ring.self).isEmpty)
  }

  @Test func schedulesFireAtTheirTimes() async throws {
    let ticks = Diary<String>()
    var service = Service(name: "clock", schema: "clock", migrations: [])
    service.every("beat", .seconds(20)) { _ in ticks.write("beat") }
    try service.cron("hourly", "0 * * * *") { tick, unit in
      ticks.write("hour \(Int(tick.time.timeIntervalSince1970) / 3600 % 24)")
      #expect(tick.time == unit.now)
    }
    let rehearsal = try Rehearsal(service)
    try await rehearsal.settle()
    #expect(ticks.lines == ["beat"])
    try await rehearsal.advance(by: .seconds(2 * 3600))
    #expect(ticks.lines.filter { $0 == "beat" }.count == 361)
    #expect(ticks.lines.filter { $0 != "beat" } == ["hour 1", "hour 2"])
  }

  @Test func aScheduleThatFailsIsTriedAgain() async throws {
    let runs = Diary<Date>()
    var service = Service(name: "clock", schema: "clock", migrations: [])
    service.every("beat", .seconds(600)) { unit in if runs.write(unit.now) < 3 { throw Refusal() } }
    let rehearsal = try Rehearsal(service)
    rehearsal.faults.commitsToFail = 1
    try await rehearsal.advance(by: .seconds(60))
    #expect(runs.lines.count == 4)
  }

  @Test func questionsAreAnsweredAndFailuresKeepTheirCodes() async throws {
    var service = World.counter()
    service.answer(GetTotal.self) { query, _ in
      guard query.account != "" else { throw QueryFailure(code: "no_account", message: "whose?") }
      guard query.account != "broken" else { throw Refusal() }
      return query.account.count
    }
    let rehearsal = try Rehearsal(service)
    #expect(try await rehearsal.ask(GetTotal(account: "abc")) == 3)
    for (account, code) in [("", "no_account"), ("broken", "internal")] {
      let failure = await #expect(throws: QueryFailure.self) { try await rehearsal.ask(GetTotal(account: account)) }
      #expect(failure?.code == code)
    }
    let failure = await #expect(throws: QueryFailure.self) { try await rehearsal.ask(GetNothing()) }
    #expect(failure?.code == "timeout")
  }

  @Test func aCommandIsAnsweredAndSoIsAnEffectThatWaits() async throws {
    var answering = Service(name: "answering", schema: "answering", migrations: [])
    answering.publishes([Add.topic])
    answering.handle(Add.self) { add, unit in
      guard let cause = unit.cause else { return }
      try unit.reply(
        Added(aggregate: add.account, seq: 1, total: add.amount), to: cause.replyTo, correlation: cause.correlation)
    }
    answering.effect(Ring.self) { ring, context in
      let expectation = context.bus.expectReply(Added.self, correlation: context.id.text)
      try await context.bus.transaction { [bus = context.bus] unit in
        try unit.publish(Add(account: "b", amount: 9), replyTo: bus.process, correlation: context.id.text)
      }
      let total = try await expectation.value(within: .seconds(5))?.total
      return Self.note(ring.key, "\(total ?? -1)")
    }
    let rehearsal = try Rehearsal(answering)
    let answer = try await rehearsal.command(Add(account: "a", amount: 7), answer: Added.self)
    #expect(answer == Added(aggregate: "a", seq: 1, total: 7))
    try await rehearsal.bus(of: "answering").transaction { try $0.start(Ring(key: "k", number: 1)) }
    try await rehearsal.settle()
    #expect(try rehearsal.rows(of: Note.self).map(\.text) == ["9"])
    // Nobody answers: the limit of the clock is waited for.
    let before = rehearsal.now
    #expect(try await rehearsal.command(Unheard(), answer: Added.self, within: .seconds(3)) == nil)
    #expect(rehearsal.now.timeIntervalSince(before) == 3)
  }

  @Test func aTransactionThatIsNotCommittedHasNotHappened() async throws {
    let rehearsal = try Rehearsal(World.counter())
    let bus = try rehearsal.bus(of: "counter")
    rehearsal.faults.commitsToFail = 1
    for isLost in [true, false] {
      do {
        try await bus.transaction(needs: [.row(Account.self, "a")]) { unit in
          try unit.save(Account(id: "a", total: 1, handled: 1))
          try unit.publish(Added(aggregate: "a", seq: 1, total: 1))
        }
        #expect(!isLost)
      } catch let error as PostgresError {
        #expect(isLost && error.isConnectionLoss)
      }
      try await rehearsal.settle()
      #expect(try rehearsal.rows(of: Account.self).isEmpty == isLost)
      #expect(try rehearsal.published(Added.self).isEmpty == isLost)
    }
  }

  /// Ten thousand messages through two services; what a test of a flow costs.
  @Test func aLargeFlowIsCarried() async throws {
    let rehearsal = try Rehearsal(World.counter(), World.audit())
    for index in 0..<10_000 { try await rehearsal.publish(Add(account: "a\(index % 100)")) }
    try await rehearsal.settle()
    #expect(try rehearsal.rows(of: Note.self, in: "audit").count == 10_000)
  }
}

/// Kinds of failure, long waits and middleware in a rehearsal.
struct RehearsedFailureTests {
  @Test func longWaitsAreKeptThroughAndCountAsTheyShould() async throws {
    let runs = Diary<TimeInterval>()
    let start = Date(timeIntervalSince1970: 1_767_225_600)
    var service = Service(name: "counter", schema: "counter", migrations: [])
    service.publishes([Added.topic])
    service.handle(Add.self) { add, unit in
      let count = runs.write(unit.now.timeIntervalSince(start))
      switch count {
      case 1: throw Throttled("come back", after: .seconds(600))
      case 2: throw Throttled("and again", until: unit.now.addingTimeInterval(300))
      case 3: throw TransientFailure("not yet", delay: .seconds(100))
      default: try unit.publish(Added(aggregate: add.account, seq: 1, total: 1))
      }
    }
    let rehearsal = try Rehearsal(service)
    try await rehearsal.publish(Add(account: "a"))
    try await rehearsal.advance(by: .seconds(999))
    #expect(runs.lines == [0, 600, 900])
    try await rehearsal.advance(by: .seconds(1))
    #expect(runs.lines == [0, 600, 900, 1000])
    #expect(try rehearsal.published(Added.self).count == 1)
    try await rehearsal.advance(by: .seconds(86_400))
    #expect(runs.lines.count == 4 && rehearsal.deadLetters.isEmpty)
  }

  @Test func aParkedMessageThatCannotSucceedIsADeadLetter() async throws {
    let runs = Diary<Int>()
    var service = Service(name: "counter", schema: "counter", migrations: [])
    service.handle(Add.self) { add, _ in
      if runs.write(1) == 1 { throw Throttled("come back", after: .seconds(600)) }
      throw PermanentFailure("never")
    }
    let rehearsal = try Rehearsal(service)
    try await rehearsal.publish(Add(account: "a"))
    try await rehearsal.advance(by: .seconds(600))
    #expect(rehearsal.deadLetters.map(\.reason) == ["permanent"])
    #expect(rehearsal.deadLetters.map(\.group) == ["counter"])
  }

  @Test func anEffectsDeadlineIsTheClocks() async throws {
    let runs = Diary<Int>()
    var service = World.counter()
    let backoff = Backoff(first: .seconds(40), factor: 1, most: .seconds(40))
    service.effect(
      Ring.self, policy: EffectPolicy(attemptsMax: nil, backoff: backoff, deadline: .seconds(100)),
      run: { _, context in
        runs.write(context.attempt)
        throw TransientFailure("nobody at home")
      })
    let rehearsal = try Rehearsal(service)
    try await rehearsal.publish(Add(account: "a", then: "ring"))
    try await rehearsal.advance(by: .seconds(1000))
    #expect(runs.lines == [1, 2, 3, 4])
    let effect = try #require(rehearsal.effects(Ring.self).first)
    #expect(effect.isDead && effect.lastError.contains("deadline"))
  }

  @Test func aServicesOwnMiddlewareIsAroundItsWork() async throws {
    var service = World.counter()
    service.use(RandomFailureMiddleware(share: 0.3, seed: 7))
    service.use(DuplicationMiddleware(share: 0.3, seed: 8))
    let rehearsal = try Rehearsal(service, World.audit())
    for index in 0..<100 { try await rehearsal.publish(Add(account: "a\(index % 5)")) }
    try await rehearsal.advance(by: .seconds(86_400))
    #expect(try rehearsal.rows(of: Account.self).reduce(0) { $0 + $1.handled } == 100)
    #expect(rehearsal.deadLetters.isEmpty)
  }
}
