import BusKitTesting
import Foundation
import Postgres
import Redis
import TestKit
import Testing

@testable import BusKit

/// The rehearsal does to services what real servers do.
struct RehearsalTests {
  /// A handler that does what the test says to the account of `Add`.
  private func service(
    needs: @escaping @Sendable (Add) -> [Need] = { _ in [] },
    _ apply: @escaping @Sendable (Add, UnitOfWork) throws -> Void
  ) -> Service {
    var service = Service(name: "counter", schema: "counter", migrations: [])
    service.publishes([Add.topic])
    service.handle(Add.self, needs: needs, apply: apply)
    return service
  }

  private func messages(_ count: Int) -> [Add] {
    (0..<count).map { Add(account: "a\($0 % 7)", amount: $0) }
  }

  /// What both services hold at the end, whatever they ran on.
  private struct Outcome: Equatable {
    let accounts: [Account]
    let notes: [Note]
  }

  private func outcome(_ rehearsal: Rehearsal) throws -> Outcome {
    Outcome(accounts: try rehearsal.rows(of: Account.self), notes: try rehearsal.rows(of: Note.self, in: "audit"))
  }

  @Test func endsAsRealServersDo() async throws {
    let messages = messages(60) + [Add(account: "a1", amount: 5, then: "tell later")]
    let rehearsal = try Rehearsal(World.counter(), World.audit())
    for message in messages { try await rehearsal.publish(message) }
    try await rehearsal.advance(by: .seconds(1))
    let rehearsed = try outcome(rehearsal)
    #expect(rehearsed.accounts.count == 7 && rehearsed.notes.count == messages.count)

    try await World.run { world in
      let counter = try await world.start(World.counter())
      let audit = try await world.start(World.audit())
      try await world.send(messages)
      try await eventually { try await audit.notes().count == messages.count }
      let accounts = try await counter.bus.read { session in
        try session.execute("select * from accounts order by id").rows
          .map { try PostgresRowDecoder().decode(Account.self, from: $0) }
      }
      #expect(rehearsed == Outcome(accounts: accounts, notes: try await audit.notes()))
    }
  }

  /// Handlers and effects that fail now and then, or always.
  private func failing() -> Service {
    let seen = Diary<String>()
    var service = World.counter { add in
      switch add.account {
      case "bad": throw InvariantViolation("a bad one")
      case "never": throw TransientFailure("not today", delay: .milliseconds(10))
      case "shaky": if seen.write("shaky") == 1 { throw Refusal() }
      default: break
      }
    }
    let policy = EffectPolicy(attemptsMax: 2, backoff: Backoff(first: .milliseconds(10)))
    @Sendable func note(_ id: String, _ text: String) -> EffectOutcome {
      .done(needs: [.row(Note.self, id)]) { unit in
        let before = try unit.find(Note.self, id).map { $0.text + ", " } ?? ""
        try unit.save(Note(id: id, topic: "effect", text: before + text))
      }
    }
    service.effect(
      Ring.self, policy: policy, exhausted: { note("exhausted \($0.key)", $1) },
      run: { ring, context in
        if ring.key == "deaf" || context.attempt == 1 { throw TransientFailure("attempt \(context.attempt)") }
        return note("\(ring.key) \(ring.number)", "rung at attempt \(context.attempt)")
      })
    return service
  }

  @Test func failuresEndAsOnRealServers() async throws {
    let names = ["a", "bad", "a", "shaky", "never", "b", "a"]
    let messages = names.map { Add(account: $0) } + ["a", "deaf", "a", "b"].map { Add(account: $0, then: "ring") }
    let rehearsal = try Rehearsal(failing(), timing: World.timing)
    for message in messages { try await rehearsal.publish(message) }
    try await rehearsal.advance(by: .seconds(30))
    let notes = try rehearsal.rows(of: Note.self)
    let reasons = rehearsal.deadLetters.map(\.reason).sorted()
    #expect(notes.count == 4 && reasons == ["attempts", "invariant"])

    try await World.run { world in
      let counter = try await world.start(failing())
      try await world.send(messages)
      try await eventually { try await counter.notes().count == 4 }
      try await eventually { try await world.dead(Add.topic).count == 2 }
      try await eventually { try await counter.account("shaky") != nil }
      #expect(try await counter.notes() == notes)
      #expect(try await world.dead(Add.topic).map(\.reason).sorted() == reasons)
      for account in try rehearsal.rows(of: Account.self) {
        #expect(try await counter.account(account.id) == account)
      }
    }
  }

  @Test(arguments: [true, false], [true, false])
  func faultsChangeNothingThatIsIdempotent(_ twice: Bool, _ inReverse: Bool) async throws {
    let rehearsal = try Rehearsal(World.counter(), World.audit())
    rehearsal.faults.deliversTwice = twice
    rehearsal.faults.deliversInReverse = inReverse
    for message in messages(50) { try await rehearsal.publish(message) }
    try await rehearsal.settle()
    let accounts = try rehearsal.rows(of: Account.self)
    #expect(accounts.reduce(0) { $0 + $1.handled } == 50)
    #expect(accounts.reduce(0) { $0 + $1.total } == 49 * 50 / 2)
    #expect(try rehearsal.rows(of: Note.self, in: "audit").allSatisfy { $0.text == "once" })
    #expect(try rehearsal.published(Added.self).count == 50)
    #expect(rehearsal.deadLetters.isEmpty)
  }

  @Test func lostCommitsAndCrashesChangeNothingEither() async throws {
    let runs = Diary<String>()
    let rehearsal = try Rehearsal(World.counter { runs.write($0.account) }, World.audit())
    rehearsal.faults.commitsToFail = 3
    rehearsal.faults.crashesBeforeAcknowledging = 2
    for message in messages(50) { try await rehearsal.publish(message) }
    try await rehearsal.settle()
    #expect(runs.lines.count == 50 * 4)
    #expect(rehearsal.faults == RehearsalFaults())
    #expect(try rehearsal.rows(of: Account.self).reduce(0) { $0 + $1.handled } == 50)
    #expect(try rehearsal.rows(of: Note.self, in: "audit").count == 50)
  }

  @Test(arguments: 0..<20) func everySeedEndsAlike(_ seed: UInt64) async throws {
    func run() async throws -> ([String], Outcome) {
      let order = Diary<String>()
      let counter = World.counter { order.write("\($0.account) \($0.amount)") }
      let rehearsal = try Rehearsal(counter, World.audit(), seed: seed)
      rehearsal.faults.deliversTwice = seed.isMultiple(of: 2)
      for message in messages(30) { try await rehearsal.publish(message) }
      try await rehearsal.settle()
      return (order.lines, try outcome(rehearsal))
    }
    let (order, first) = try await run()
    let (again, second) = try await run()
    #expect(order == again)
    #expect(first == second)
    #expect(first.accounts.reduce(0) { $0 + $1.total } == 29 * 30 / 2)
    #expect(first.notes.count == 30)
  }

  @Test func anIdIsAMessageAndWithAnotherBodyADeadLetter() async throws {
    let rehearsal = try Rehearsal(World.counter())
    let id = UUID.v7()
    for amount in [5, 5, 6] { try await rehearsal.publish(Add(account: "a", amount: amount), id: id) }
    try await rehearsal.settle()
    #expect(try rehearsal.rows(of: Account.self) == [Account(id: "a", total: 5, handled: 1)])
    #expect(rehearsal.deadLetters.map(\.reason) == ["invariant"])
    #expect(try rehearsal.deadLetters.map { try $0.envelope().id } == [id])
  }

  @Test func retriesHappenWhenTheirTimeHasCome() async throws {
    let runs = Diary<Date>()
    let rehearsal = try Rehearsal(
      service { _, unit in
        runs.write(unit.now)
        throw TransientFailure("not today", delay: .seconds(3))
      })
    let start = rehearsal.now
    try await rehearsal.publish(Add(account: "a"))
    try await rehearsal.settle()
    #expect(runs.lines.map { $0.timeIntervalSince(start) } == [0])
    try await rehearsal.advance(by: .seconds(4))
    #expect(runs.lines.map { $0.timeIntervalSince(start) } == [0, 3])
    try await rehearsal.advance(by: .seconds(60))
    #expect(runs.lines.count == BusTiming().attemptsMax)
    #expect(rehearsal.deadLetters.map(\.reason) == ["attempts"])
    #expect(rehearsal.now.timeIntervalSince(start) == 64)
  }

  @Test func oneBadMessageOfABatchDoesNotStopTheOthers() async throws {
    let rehearsal = try Rehearsal(
      World.counter { if $0.account == "bad" { throw InvariantViolation("a bad one") } })
    for index in 0..<40 { try await rehearsal.publish(Add(account: index == 17 ? "bad" : "good")) }
    try await rehearsal.settle()
    #expect(try rehearsal.rows(of: Account.self).map(\.handled) == [39])
    #expect(rehearsal.deadLetters.map(\.reason) == ["invariant"])
  }

  @Test func aRowThatWasNotDeclaredIsADeadLetter() async throws {
    let rehearsal = try Rehearsal(service { _ = try $1.find(Account.self, $0.account) })
    try await rehearsal.publish(Add(account: "a"))
    try await rehearsal.settle()
    let letter = try #require(rehearsal.deadLetters.first)
    #expect(letter.reason == "invariant" && letter.detail.contains("not declared"))
  }

  @Test func aTopicThatWasNotDeclaredIsADeadLetter() async throws {
    let rehearsal = try Rehearsal(service { try $1.publish(Added(aggregate: $0.account, seq: 1, total: 1)) })
    try await rehearsal.publish(Add(account: "a"))
    try await rehearsal.settle()
    let letter = try #require(rehearsal.deadLetters.first)
    #expect(letter.reason == "invariant" && letter.detail.contains("service.publishes"))
  }

  @Test func aRowInsertedTwiceBreaksItsKey() async throws {
    let rehearsal = try Rehearsal(service { try $1.save(Account(id: $0.account, total: 1, handled: 1)) })
    try await rehearsal.publish(Add(account: "a"))
    try await rehearsal.settle()
    try await rehearsal.publish(Add(account: "a"))
    try await rehearsal.advance(by: .seconds(86_400))
    let letter = try #require(rehearsal.deadLetters.first)
    #expect(letter.reason == "attempts" && letter.detail.contains("23505"))
    #expect(try rehearsal.rows(of: Account.self).count == 1)
  }

  @Test func needsSelectRowsByKeyByColumnAndAll() async throws {
    let seen = Diary<[String]>()
    var service = Service(name: "reader", schema: "reader", migrations: [])
    service.handle(
      Add.self,
      needs: { add in
        switch add.then {
        case "row": [.row(Note.self, add.account)]
        case "rows": [.rows(Note.self, where: "topic", is: add.account)]
        default: [.all(Note.self)]
        }
      }) { _, unit in seen.write(try unit.all(Note.self).map(\.id)) }
    let rehearsal = try Rehearsal(service)
    for (id, topic) in [("1", "x"), ("2", "y"), ("3", "x")] {
      try rehearsal.insert(Note(id: id, topic: topic, text: ""))
    }
    for (account, then) in [("2", "row"), ("x", "rows"), ("", "all")] {
      try await rehearsal.publish(Add(account: account, then: then))
    }
    try await rehearsal.settle()
    #expect(seen.lines == [["2"], ["1", "3"], ["1", "2", "3"]])
    #expect(throws: PostgresError.self) { try rehearsal.insert(Note(id: "1", topic: "", text: "")) }
    #expect(throws: PostgresError.self) { try rehearsal.insert(Note(id: "4", topic: "a\0b", text: "")) }
  }

  @Test func whatCannotBeReadOrIsNotKnownIsADeadLetter() async throws {
    let rehearsal = try Rehearsal(World.counter())
    var envelope = try World.envelope(Add(account: "a"))
    envelope.body = Array("{}".utf8)
    try await rehearsal.publish(envelope, to: Add.topic)
    try await rehearsal.publish(Unheard())
    try await rehearsal.settle()
    #expect(rehearsal.deadLetters.map(\.reason) == ["undecodable"])
    try await rehearsal.advance(by: BusTiming().unknownGrace + .seconds(10))
    #expect(rehearsal.deadLetters.map(\.reason) == ["undecodable", "unknown_type"])
  }

  @Test func aDelayedMessageLeavesWhenItsTimeHasCome() async throws {
    let rehearsal = try Rehearsal(World.counter(), World.audit())
    try await rehearsal.publish(Add(account: "a", then: "tell later"))
    try await rehearsal.settle()
    #expect(try rehearsal.delayed(Added.self).map { $0.at.timeIntervalSince(rehearsal.now) } == [0.5])
    try await rehearsal.advance(by: .milliseconds(499))
    #expect(try rehearsal.rows(of: Note.self).isEmpty)
    try await rehearsal.advance(by: .milliseconds(1))
    #expect(try rehearsal.rows(of: Note.self).map(\.id) == ["a/1"])
    #expect(try rehearsal.delayed(Added.self).isEmpty)
  }

  @Test func aRingOfMessagesIsAnError() async throws {
    let rehearsal = try Rehearsal(service { try $1.publish($0) }, stepsMax: 500)
    try await rehearsal.publish(Add(account: "a"))
    await #expect(throws: RehearsalError.self) { try await rehearsal.settle() }
  }

  @Test func whatItCannotDoItSays() async throws {
    let rehearsal = try Rehearsal(World.counter(), World.audit())
    await #expect(throws: RehearsalError.self) { try await rehearsal.bus(of: "counter").read { _ in } }
    #expect(throws: RehearsalError.self) { try rehearsal.bus(of: "nobody") }
    #expect(throws: RehearsalError.self) { try rehearsal.insert(Note(id: "1", topic: "", text: "")) }
    #expect(throws: RehearsalError.self) { try Rehearsal(World.counter(), World.counter()) }
    for service in ["counter", "audit"] { try rehearsal.insert(Note(id: "1", topic: "", text: ""), in: service) }
    #expect(throws: RehearsalError.self) { try rehearsal.rows(of: Note.self) }
    let refused = await #expect(throws: (any Error).self) {
      _ = try await rehearsal.bus(of: "counter").cache.send(RedisCommand("PING"))
    }
    #expect(refused is RedisError)
  }
}
