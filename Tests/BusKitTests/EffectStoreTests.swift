import Foundation
import Postgres
import TestKit
import Testing

@testable import BusKit

/// What the operator sees of effects, and does with them.
struct EffectStoreTests {
  private func start(_ world: StoreWorld, _ keys: [String], kind: String = "ring") async throws {
    let effects = keys.map {
      PendingEffect(
        id: .v7(), kind: kind, orderKey: $0, payload: [0, 1, 255], at: nil, correlation: "c", traceparent: "")
    }
    let now = try await world.now()
    try await world.pool.transaction { try EffectStore.enqueueInsert(effects, now: now, in: $0) }
  }

  private func take(_ world: StoreWorld, limit: Int = 10) async throws -> [TakenEffect] {
    try await world.pool.transaction {
      try EffectStore.take(["ring": limit, "call": limit], limit: limit, lease: .seconds(60), token: .v7(), in: $0)
    }
  }

  private func list(
    _ world: StoreWorld, _ state: EffectEntry.State? = nil, kind: String? = nil
  ) async throws -> [EffectEntry] {
    try await world.pool.withSession { try EffectStore.list(state: state, kind: kind, in: $0) }
  }

  /// Effects of the keys, given up.
  private func bury(_ world: StoreWorld, _ keys: [String], kind: String = "ring") async throws {
    try await start(world, keys, kind: kind)
    for effect in try await take(world) {
      let isBuried = try await world.pool.transaction { try EffectStore.bury(effect, reason: "no \0 use", in: $0) }
      #expect(isBuried)
    }
  }

  @Test func effectsOfABatchAreRecordedInTheirOrderWithTheirPayload() async throws {
    try await StoreWorld.run { world in
      let keys = (0..<300).map { "key\($0)" }
      try await start(world, keys)
      #expect(try await world.texts("select order_key as t from effects order by seq") == keys)
      #expect(try await take(world, limit: 1).map(\.payload) == [[0, 1, 255]])
    }
  }

  @Test func eachIsListedWithItsStateAndEachKindIsCounted() async throws {
    try await StoreWorld.run { world in
      try await bury(world, ["dead"])
      try await start(world, ["a"], kind: "call")
      _ = try await take(world)
      try await start(world, ["b", "c"])
      let all = try await list(world)
      #expect(all.map(\.orderKey) == ["dead", "a", "b", "c"])
      #expect(all.map(\.state) == [.dead, .running, .pending, .pending])
      #expect(all.map(\.attempts) == [1, 1, 0, 0])
      #expect(all.map(\.lastError) == ["no  use", "", "", ""])
      #expect(all[1].leaseUntil != nil)
      #expect(all.allSatisfy { $0.age >= .zero && $0.age < .seconds(30) })
      #expect(try await list(world, .pending).map(\.orderKey) == ["b", "c"])
      #expect(try await list(world, kind: "call").map(\.orderKey) == ["a"])
      let counts = try await world.pool.withSession { try EffectStore.counts(in: $0) }
      let lines = counts.map { "\($0.kind) \($0.state) \($0.count)" }
      #expect(lines == ["call running 1", "ring dead 1", "ring pending 2"])
    }
  }

  @Test func aDeadOneIsTriedAgainAloneOrWithItsKindOrWithAll() async throws {
    try await StoreWorld.run { world in
      try await bury(world, ["a", "b", "c"])
      try await bury(world, ["d"], kind: "call")
      let first = try #require(try await list(world, .dead).first)
      #expect(try await world.pool.transaction { try EffectStore.retry(first.id, in: $0) })
      // It is not dead any more.
      #expect(try await world.pool.transaction { try EffectStore.retry(first.id, in: $0) } == false)
      let again = try #require(try await take(world).first)
      #expect(again.id == first.id)
      #expect(again.attempts == 1)
      #expect(try await world.pool.transaction { try EffectStore.retryDead(kind: "ring", in: $0) } == 2)
      #expect(try await list(world, .dead).map(\.orderKey) == ["d"])
      #expect(try await world.pool.transaction { try EffectStore.retryDead(in: $0) } == 1)
      #expect(try await list(world, .dead).isEmpty)
    }
  }

  @Test func deadOnesArePurgedByAgeAndNoOthers() async throws {
    try await StoreWorld.run { world in
      try await bury(world, ["old", "new"])
      try await start(world, ["pending"])
      try await world.execute("update effects set ended_at = now() - interval '91 days' where order_key = 'old'")
      try await world.execute("update effects set created_at = now() - interval '99 days'")
      func purge(_ age: Duration) async throws -> Int {
        try await world.pool.transaction { try EffectStore.purgeDead(olderThan: age, in: $0) }
      }
      #expect(try await purge(.seconds(90 * 86_400)) == 1)
      #expect(try await list(world).map(\.orderKey) == ["new", "pending"])
      // Given up by a program of version 1, which writes down no time.
      try await world.execute("update effects set ended_at = null where order_key = 'new'")
      #expect(try await purge(.seconds(90 * 86_400)) == 0)
      #expect(try await purge(.zero) == 1)
      #expect(try await list(world).map(\.orderKey) == ["pending"])
    }
  }
}

/// What an effect's failures lead to.
struct EffectFailureTests {
  /// A service whose one effect runs `run`, and which writes down why it gave up.
  private func service(
    _ policy: EffectPolicy, _ run: @escaping @Sendable (Int) async throws -> EffectOutcome
  ) -> Service {
    var service = World.counter()
    service.effect(
      Ring.self, policy: policy,
      exhausted: { _, reason in
        .done(needs: [.row(Note.self, "end")]) { try $0.save(Note(id: "end", topic: "", text: reason)) }
      },
      run: { _, context in try await run(context.attempt) })
    return service
  }

  private func end(_ replica: Replica) async throws -> String {
    try await eventually { try await replica.notes().count == 1 }
    #expect(try await replica.number("select count(*) as n from effects where state = 'dead'") == 1)
    return try await replica.notes()[0].text
  }

  @Test(arguments: [true, false])
  func whatCannotSucceedIsGivenUpAtOnce(isInvariant: Bool) async throws {
    try await World.run { world in
      let runs = Diary<Int>()
      let counter = try await world.start(
        service(EffectPolicy()) { attempt in
          runs.write(attempt)
          if isInvariant { throw InvariantViolation("two of one") }
          throw PermanentFailure("refused for good")
        })
      try await world.send(Add(account: "a", then: "ring"))
      #expect(try await end(counter) == (isInvariant ? "two of one" : "refused for good"))
      #expect(runs.lines == [1])
    }
  }

  @Test func anOutcomeThatBreaksAnInvariantIsNotTriedAgain() async throws {
    try await World.run { world in
      let runs = Diary<Int>()
      let counter = try await world.start(
        service(EffectPolicy()) { attempt in
          runs.write(attempt)
          return .done { _ in throw InvariantViolation("no such row") }
        })
      try await world.send(Add(account: "a", then: "ring"))
      #expect(try await end(counter) == "the outcome: no such row")
      #expect(runs.lines == [1])
    }
  }

  @Test func beingThrottledWaitsItsTimeAndIsNoAttemptUntilItIsTooMuch() async throws {
    try await World.run { world in
      let runs = Diary<(attempt: Int, at: ContinuousClock.Instant)>()
      let counter = try await world.start(
        service(EffectPolicy(attemptsMax: 2, throttledMax: 3)) { attempt in
          let count = runs.write((attempt, .now))
          if count == 1 { throw Throttled("slow down", after: .milliseconds(700)) }
          if count == 2 { throw Throttled("slow down", until: Date().addingTimeInterval(0.5)) }
          throw Throttled("too much", after: .zero)
        })
      try await world.send(Add(account: "a", then: "ring"))
      #expect(try await end(counter) == "too much")
      // Three that do not count, then one that does, and the last.
      let lines = runs.lines
      #expect(lines.map(\.attempt) == [1, 1, 1, 1, 2])
      #expect(lines[1].at - lines[0].at >= .milliseconds(700))
      #expect(lines[2].at - lines[1].at >= .milliseconds(490))
    }
  }

  @Test func pastItsDeadlineAnEffectIsGivenUpWhateverAttemptsItHas() async throws {
    try await World.run { world in
      let runs = Diary<Int>()
      let policy = EffectPolicy(
        attemptsMax: nil, backoff: Backoff(first: .milliseconds(50), most: .milliseconds(100)),
        deadline: .milliseconds(800))
      let counter = try await world.start(
        service(policy) { attempt in
          runs.write(attempt)
          throw TransientFailure("not yet")
        })
      try await world.send(Add(account: "a", then: "ring"))
      #expect(try await end(counter).contains("deadline"))
      let count = runs.lines.count
      #expect((2...30).contains(count))
      // Given another life, it has its whole time again.
      let id = try #require(try await counter.bus.read { try EffectStore.list(in: $0).first?.id })
      let isRetried = try await counter.bus.read { try EffectStore.retry(id, in: $0) }
      #expect(isRetried)
      try await eventually { runs.lines.count > count }
    }
  }

  @Test func anEffectThatComesToItsTurnTooLateIsNotRun() async throws {
    try await World.run { world in
      let runs = Diary<Int>()
      let counter = try await world.start(
        service(EffectPolicy(deadline: .milliseconds(50))) { attempt in
          runs.write(attempt)
          return .done()
        })
      _ = try await counter.bus.transaction { unit in
        try unit.start(Ring(key: "a", number: 1), at: unit.now.addingTimeInterval(0.3))
      }
      #expect(try await end(counter) == "its deadline of 50 ms has passed")
      #expect(runs.lines.isEmpty)
    }
  }
}
