import Foundation
import Postgres
import Synchronization
import TestKit
import Testing

@testable import BusKit

struct EffectTests {
  private struct Bell: Effect {
    static let kind = "bell"
    var orderKey: String { "bell" }
  }

  private static func note(_ id: String, _ text: String = "") -> EffectOutcome {
    .done(needs: [.row(Note.self, id)]) { unit in
      let before = try unit.find(Note.self, id).map { $0.text + "+" } ?? ""
      try unit.save(Note(id: id, topic: "effect", text: before + text))
    }
  }

  @Test func anEffectRunsOnceAcrossReplicas() async throws {
    try await World.run { world in
      let runs = Diary<String>()
      var service = World.counter()
      service.effect(Ring.self) { ring, _ in
        runs.write(ring.key)
        try await Task.sleep(for: .milliseconds(5))
        return Self.note(ring.key)
      }
      let first = try await world.start(service)
      try await world.start(service)
      try await world.send((0..<60).map { Add(account: "key\($0)", then: "ring") })
      try await eventually { try await first.notes().count == 60 }
      #expect(runs.lines.count == 60)
      #expect(try await first.number("select count(*) as n from effects") == 0)
    }
  }

  @Test func effectsOfAKindThatIsNotAdmittedStayUntouchedAndRunWhenItIs() async throws {
    try await World.run { world in
      let isAdmitted = Atomic(false)
      var service = World.counter()
      service.effect(Ring.self, admitted: { isAdmitted.load(ordering: .relaxed) }) { ring, context in
        Self.note(ring.key, "\(context.attempt)")
      }
      service.effect(Bell.self) { bell, _ in Self.note(bell.orderKey) }
      let counter = try await world.start(service)
      try await world.send((0..<5).map { Add(account: "key\($0)", then: "ring") })
      try await eventually { try await counter.number("select count(*) as n from effects") == 5 }
      // One of another kind that comes later is run: the table is looked at.
      try await counter.bus.transaction { try $0.start(Bell()) }
      try await eventually { try await counter.notes().map(\.id) == ["bell"] }
      #expect(try await counter.number("select count(*) as n from effects where attempts = 0") == 5)
      isAdmitted.store(true, ordering: .relaxed)
      try await eventually { try await counter.notes().count == 6 }
      #expect(try await counter.notes().filter { $0.id != "bell" }.allSatisfy { $0.text == "1" })
    }
  }

  @Test func anEffectThatRunsAgainWritesWhatItLearntInTheSameTransaction() async throws {
    try await World.run { world in
      let runs = Diary<Int>()
      var service = World.counter()
      service.effect(Ring.self) { ring, context in
        runs.write(context.attempt)
        if runs.lines.count == 3 { return Self.note(ring.key, "end") }
        return .again(after: .milliseconds(10), needs: [.row(Note.self, ring.key)]) { unit in
          let before = try unit.find(Note.self, ring.key)?.text ?? ""
          try unit.save(Note(id: ring.key, topic: "effect", text: before + "again "))
        }
      }
      let counter = try await world.start(service)
      try await world.send(Add(account: "a", then: "ring"))
      try await eventually { try await counter.notes().first?.text == "again again +end" }
      #expect(runs.lines == [1, 1, 1])
    }
  }

  @Test func anEffectThatFailsIsRunAgainWithItsAttemptsCounted() async throws {
    try await World.run { world in
      let runs = Diary<(attempt: Int, id: UUID, at: ContinuousClock.Instant)>()
      var service = World.counter()
      let backoff = Backoff(first: .milliseconds(200), factor: 2, most: .seconds(1))
      service.effect(Ring.self, policy: EffectPolicy(backoff: backoff)) { ring, context in
        runs.write((context.attempt, context.id, .now))
        if context.attempt < 3 { throw Refusal() }
        return Self.note("done")
      }
      let counter = try await world.start(service)
      try await world.send(Add(account: "a", then: "ring"))
      try await eventually { try await counter.notes().count == 1 }
      let lines = runs.lines
      #expect(lines.map(\.attempt) == [1, 2, 3])
      #expect(Set(lines.map(\.id)).count == 1)
      #expect(lines[1].at - lines[0].at >= .milliseconds(99))
      #expect(lines[2].at - lines[1].at >= .milliseconds(199))
    }
  }

  @Test func anEffectWithoutAttemptsLeftIsSetAsideWithWhatItsServiceWrites() async throws {
    try await World.run { world in
      var service = World.counter()
      service.effect(
        Ring.self, policy: EffectPolicy(attemptsMax: 2, backoff: Backoff(first: .milliseconds(10))),
        exhausted: { _, reason in Self.note("exhausted", reason) },
        run: { _, _ in throw TransientFailure("nobody at home", delay: .milliseconds(10)) })
      let counter = try await world.start(service)
      try await world.send(Add(account: "a", then: "ring"))
      try await eventually { try await counter.notes().map(\.text) == ["nobody at home"] }
      #expect(try await counter.number("select attempts as n from effects where state = 'dead'") == 2)
    }
  }

  @Test func anOutcomeThatCannotBeWrittenIsAFailedAttempt() async throws {
    try await World.run { world in
      let runs = Diary<Int>()
      var service = World.counter()
      service.effect(
        Ring.self,
        policy: EffectPolicy(attemptsMax: 3, backoff: Backoff(first: .milliseconds(10), most: .milliseconds(20))),
        exhausted: { _, _ in .done { _ in throw InvariantViolation("nor can this") } },
        run: { ring, context in
          runs.write(context.attempt)
          return .done { _ in throw Refusal() }
        })
      let counter = try await world.start(service)
      try await world.send(Add(account: "a", then: "ring"))
      try await eventually { try await counter.number("select count(*) as n from effects where state = 'dead'") == 1 }
      #expect(runs.lines == [1, 2, 3])
    }
  }

  @Test func anOutcomeThatMeetsRowsWhichOthersHoldIsWrittenWhenTheyLetGo() async throws {
    try await World.run { world in
      let runs = Diary<Int>()
      var service = World.counter()
      service.effect(Ring.self, policy: EffectPolicy(attemptsMax: 1)) { ring, context in
        runs.write(context.attempt)
        return Self.note(ring.key, "written")
      }
      // A row that somebody waits with is not renewed: the lease outlasts the wait, as it does outside of tests.
      var timing = World.timing
      timing.effectLease = .seconds(10)
      let counter = try await world.start(service, timing: timing)
      let held = Diary<Void>()
      // Longer than a statement waits for a lock.
      async let holder: Void = counter.core.pool.transaction { session in
        _ = try session.execute("lock table notes in exclusive mode")
        held.write(())
        _ = try session.execute("select pg_sleep(4)")
      }
      try await eventually { !held.lines.isEmpty }
      try await world.send(Add(account: "a", then: "ring"))
      try await eventually { !runs.lines.isEmpty }
      try await holder
      try await eventually { try await counter.notes().map(\.text) == ["written"] }
      #expect(runs.lines == [1])
      #expect(try await counter.number("select count(*) as n from effects") == 0)
    }
  }

  @Test func anEffectWhoseProcessKeepsDyingIsGivenUpWithoutAnotherRun() async throws {
    try await World.run { world in
      let runs = Diary<Int>()
      var service = World.counter()
      service.effect(
        Ring.self, policy: EffectPolicy(attemptsMax: 3), exhausted: { _, reason in Self.note("exhausted", reason) },
        run: { ring, _ in
          runs.write(ring.number)
          return .done()
        })
      let counter = try await world.start(service)
      // As three processes leave it that took it and were killed.
      _ = try await counter.bus.transaction { unit in try unit.start(Ring(key: "a", number: 1), at: .distantFuture) }
      _ = try await counter.bus.read { try $0.execute("update effects set attempts = 3, next_at = now()") }
      try await eventually { try await counter.notes().map(\.text) == ["3 attempts ended without an outcome"] }
      #expect(runs.lines.isEmpty)
    }
  }

  @Test func effectsOfAKeyRunOneAfterAnotherInTheirOrder() async throws {
    try await World.run { world in
      let runs = Diary<String>()
      var service = World.counter()
      service.effect(Ring.self) { ring, context in
        runs.write("\(ring.key)\(ring.number) begins")
        try await Task.sleep(for: .milliseconds(20))
        // The first of "x" fails once: the others wait for it.
        if ring.key == "x", ring.number == 1, context.attempt == 1 {
          throw TransientFailure("", delay: .milliseconds(100))
        }
        runs.write("\(ring.key)\(ring.number) ends")
        return Self.note("\(ring.key)\(ring.number)")
      }
      let counter = try await world.start(service)
      try await world.start(service)
      try await world.send((0..<12).map { Add(account: $0 % 2 == 0 ? "x" : "y", then: "ring") })
      try await eventually { try await counter.notes().count == 12 }
      func steps(_ key: String) -> [String] { (1...6).flatMap { ["\(key)\($0) begins", "\(key)\($0) ends"] } }
      #expect(runs.lines.filter { $0.hasPrefix("x") } == ["x1 begins"] + steps("x"))
      #expect(runs.lines.filter { $0.hasPrefix("y") } == steps("y"))
    }
  }

  @Test func anEffectThatWaitsHoldsNobodyUpAndNeverRunsBesideAnotherOfItsKey() async throws {
    try await World.run { world in
      let runs = Diary<String>()
      let inside = Diary<Int>()
      var service = World.counter()
      service.effect(Ring.self) { ring, context in
        inside.write(1)
        if inside.lines.reduce(0, +) != 1 { runs.write("two at once") }
        try await Task.sleep(for: .milliseconds(15))
        inside.write(-1)
        // The first waits long, the second keeps looking; the rest finish at once.
        if ring.number == 1, runs.write("first") == 1 { return .again(after: .seconds(2)) }
        if ring.number == 2, runs.lines.filter({ $0 == "second" }).count < 20 {
          runs.write("second")
          return .again(after: .milliseconds(10))
        }
        return Self.note("\(ring.number)")
      }
      let counter = try await world.start(service)
      try await world.start(service)
      let start = ContinuousClock.now
      try await world.send(Add(account: "k", then: "ring"))
      try await eventually { runs.lines.count == 1 }
      try await world.send((0..<9).map { _ in Add(account: "k", then: "ring") })
      try await eventually { try await counter.notes().count == 9 }
      #expect(ContinuousClock.now - start < .seconds(2))
      try await eventually { try await counter.notes().count == 10 }
      #expect(!runs.lines.contains("two at once"))
    }
  }

  @Test func noMoreOfAKindRunAtOnceThanItsPolicySays() async throws {
    try await World.run { world in
      let inside = Diary<Int>()
      var service = World.counter()
      service.effect(Ring.self, policy: EffectPolicy(concurrency: 2)) { ring, _ in
        inside.write(1)
        try await Task.sleep(for: .milliseconds(20))
        inside.write(-1)
        return Self.note(ring.key)
      }
      let counter = try await world.start(service)
      try await world.send((0..<12).map { Add(account: "key\($0)", then: "ring") })
      try await eventually { try await counter.notes().count == 12 }
      var (now, most) = (0, 0)
      for step in inside.lines {
        now += step
        most = max(most, now)
      }
      #expect(most == 2)
    }
  }

  @Test func theOutcomeOfALostLeaseIsNotWritten() async throws {
    try await World.run { world in
      let runs = Diary<Int>()
      var service = World.counter()
      service.effect(Ring.self) { _, context in
        let run = runs.write(context.attempt)
        if run == 1 {
          // Another process takes it over while this one runs, and dies.
          _ = try await context.bus.read {
            try $0.execute(
              "update effects set lease_token = gen_random_uuid(), lease_until = clock_timestamp() + interval '300 ms'")
          }
        }
        return Self.note("rung", "by run \(run)")
      }
      let counter = try await world.start(service)
      try await world.send(Add(account: "a", then: "ring"))
      try await eventually { try await counter.notes().count == 1 }
      #expect(try await counter.notes().map(\.text) == ["by run 2"])
      #expect(counter.bus.metrics.render().contains(#"energy_bus_effects_lease_lost_total{kind="ring"} 1"#))
    }
  }
}
