import Foundation
import Logging
import Postgres
import Synchronization
import TestKit
import Testing

@testable import BusKit

/// The table of effects is looked at when there is something to find, and only then.
struct WakeTests {
  private struct Bell: Effect {
    static let kind = "bell"
    let orderKey: String
  }

  /// So rarely that what a test sees was not found by the poll.
  private static var timing: BusTiming {
    var timing = World.timing
    timing.effectPoll = .seconds(60)
    timing.outboxPoll = .seconds(60)
    timing.effectLease = .seconds(60)
    return timing
  }

  private static func heard(_ id: String) -> EffectOutcome {
    .done(needs: [.row(Note.self, id)]) { try $0.save(Note(id: id, topic: "", text: "heard")) }
  }

  private func looks(_ replica: Replica) -> Int {
    let line = replica.core.metrics.render().split(separator: "\n").first { $0.hasPrefix("energy_bus_effect_looks") }
    return line.flatMap { Int($0.split(separator: " ").last ?? "") } ?? 0
  }

  @Test func anEffectCostsOneLook() async throws {
    try await World.run { world in
      var service = World.counter()
      service.effect(Ring.self) { ring, _ in Self.heard("\(ring.number)") }
      let counter = try await world.start(service, timing: Self.timing)
      for number in 1...10 {
        try await counter.bus.transaction { try $0.start(Ring(key: "\(number)", number: number)) }
        try await eventually { try await counter.notes().count == number }
      }
      // The poll's first look, as the process starts, may meet the first effect before it is taken.
      #expect((10...11).contains(looks(counter)))
    }
  }

  @Test func effectsOfOneKeyFollowEachOtherWithoutThePoll() async throws {
    try await World.run { world in
      var service = World.counter()
      service.effect(Ring.self) { ring, _ in Self.heard("\(ring.number)") }
      service.effect(Bell.self) { _, _ in Self.heard("bell") }
      let counter = try await world.start(service, timing: Self.timing)
      try await counter.bus.transaction { unit in
        for number in 1...5 { try unit.start(Ring(key: "a", number: number)) }
        try unit.start(Bell(orderKey: "a"))
      }
      try await eventually { try await counter.notes().count == 6 }
    }
  }

  @Test func oneThatWaitsForOneThatIsGivenUpRunsWithoutThePoll() async throws {
    try await World.run { world in
      var service = World.counter()
      service.effect(Ring.self) { _, _ in throw PermanentFailure("no") }
      service.effect(Bell.self) { _, _ in Self.heard("bell") }
      let counter = try await world.start(service, timing: Self.timing)
      try await counter.bus.transaction { unit in
        try unit.start(Ring(key: "a", number: 1))
        try unit.start(Bell(orderKey: "a"))
      }
      try await eventually { try await counter.notes().count == 1 }
    }
  }

  @Test func whatWaitsForRoomRunsWithoutThePoll() async throws {
    try await World.run { world in
      var service = World.counter()
      service.effect(Ring.self, policy: EffectPolicy(concurrency: 2)) { ring, _ in Self.heard("\(ring.number)") }
      let counter = try await world.start(service, timing: Self.timing)
      try await counter.bus.transaction { unit in
        for number in 1...9 { try unit.start(Ring(key: "\(number)", number: number)) }
      }
      try await eventually { try await counter.notes().count == 9 }
    }
  }

  @Test func aShortWaitEndsWithoutThePollAndALongOneCostsNoLook() async throws {
    try await World.run { world in
      let runs = Diary<Int>()
      var service = World.counter()
      service.effect(Ring.self) { ring, context in
        switch runs.write(ring.number) {
        case 1: return .again(after: .milliseconds(30))
        case 2: return .retry(after: .milliseconds(30), reason: "once more")
        default: return Self.heard("\(ring.number)")
        }
      }
      service.effect(Bell.self) { _, _ in Self.heard("bell") }
      let counter = try await world.start(service, timing: Self.timing)
      try await counter.bus.transaction { try $0.start(Ring(key: "a", number: 1)) }
      try await eventually { try await counter.notes().count == 1 }
      #expect(runs.lines == [1, 1, 1])
      let before = looks(counter)
      try await counter.bus.transaction { unit in
        try unit.start(Bell(orderKey: "far"), at: unit.now.addingTimeInterval(600))
      }
      #expect(looks(counter) == before)
      try await counter.bus.transaction { unit in
        try unit.start(Bell(orderKey: "near"), at: unit.now.addingTimeInterval(0.05))
      }
      try await eventually { try await counter.notes().count == 2 }
    }
  }

  @Test func whatIsRolledBackWakesNobody() async throws {
    try await StoreWorld.run { world in
      let wakes = Diary<String>()
      let publisher = Publisher(
        broker: MemoryBroker(), pool: world.pool, timing: BusTiming(), lengthMax: [:], logger: Logger(label: "test"),
        metrics: MetricsRegistry())
      let runner = UnitRunner(
        pool: world.pool, publisher: publisher, effectsRecorded: { wakes.write("now") },
        effectsDelayed: { _ in wakes.write("later") }, outboxGrace: .seconds(2), publishedTopics: [])
      func start(noting note: Note?) async throws {
        try await runner.transaction(needs: [], correlation: "") { unit in
          try unit.start(Bell(orderKey: "a"), at: unit.now.addingTimeInterval(600))
          if let note { try unit.save(note) }
        }
      }
      // There is no such table: the commit fails.
      await #expect(throws: PostgresError.self) { try await start(noting: Note(id: "n", topic: "", text: "")) }
      #expect(wakes.lines == [])
      try await start(noting: nil)
      #expect(wakes.lines == ["later"])
    }
  }

  @Test func oneLookOfAProcessFindsWhateverIsDue() async throws {
    try await StoreWorld.run { world in
      func due() async throws -> DueWork { try await world.pool.withSession { try DueWork.read(["ring"], in: $0) } }
      #expect(try await due() == DueWork(hasMessages: false, hasEffects: false, hasParked: false))
      let now = try await world.now()
      let kinds = ["ring", "other"].map {
        PendingEffect(id: .v7(), kind: $0, orderKey: $0, payload: [], at: nil, correlation: "", traceparent: "")
      }
      try await world.pool.transaction { try EffectStore.enqueueInsert([kinds[1]], now: now, in: $0) }
      #expect(try await due().hasEffects == false)
      try await world.pool.transaction { try EffectStore.enqueueInsert([kinds[0]], now: now, in: $0) }
      #expect(try await due() == DueWork(hasMessages: false, hasEffects: true, hasParked: false))
      try await world.execute("update effects set next_at = now() + interval '1 hour'")
      try await world.insert([try await world.record(age: .seconds(5))])
      #expect(try await due() == DueWork(hasMessages: true, hasEffects: false, hasParked: false))
      let parked = try await world.record("parked").envelope
      try await world.pool.transaction {
        try ParkedStore.park(
          parked, topic: "t", partition: 0, attempts: 1, wait: .after(.zero), reason: "", in: $0)
      }
      #expect(try await due() == DueWork(hasMessages: true, hasEffects: false, hasParked: true))
      try await world.execute("update parked set lease_until = now() + interval '1 hour'")
      try await world.execute("update outbox_queue set available_at = now() + interval '1 hour'")
      #expect(try await due() == DueWork(hasMessages: false, hasEffects: false, hasParked: false))
    }
  }
}

/// Deadlines share a timer, and a process that drains wakes whoever sleeps.
struct DeadlineTests {
  @Test func eachDeadlineComesOnceInItsOrderAndNoneThatWasTakenBack() async throws {
    let deadlines = Deadlines()
    let calls = Diary<Int>()
    let late = deadlines.add(after: .milliseconds(150)) { calls.write(3) }
    _ = deadlines.add(after: .milliseconds(100)) { calls.write(2) }
    // Earlier than the one that the timer was set for.
    _ = deadlines.add(after: .milliseconds(20)) { calls.write(1) }
    let never = deadlines.add(after: .milliseconds(60)) { calls.write(0) }
    deadlines.remove(never)
    try await eventually { calls.lines.count == 3 }
    deadlines.remove(late)
    #expect(calls.lines == [1, 2, 3])
    // After all have passed the next one arms the timer anew.
    _ = deadlines.add(after: .milliseconds(10)) { calls.write(4) }
    try await eventually { calls.lines == [1, 2, 3, 4] }
  }

  @Test func manyShortDeadlinesBeforeALongOneCostNoFurtherTimers() async throws {
    let deadlines = Deadlines()
    let calls = Diary<Int>()
    let long = deadlines.add(after: .seconds(60)) { calls.write(0) }
    for number in 1...20 {
      _ = deadlines.add(after: .milliseconds(1)) { calls.write(number) }
      try await eventually { calls.lines.count == number }
      // That of the long one, and at most one for the short ones.
      #expect((1...2).contains(deadlines.timers))
    }
    deadlines.remove(long)
    #expect(calls.lines == Array(1...20))
  }

  @Test func aBodyThatIsOverdueIsCancelledAndWhatEndsInTimeIsGiven() async throws {
    #expect(try await withTimeout(.seconds(60)) { 7 } == 7)
    await #expect(throws: TransientFailure.self) {
      try await withTimeout(.milliseconds(20)) { try await Task.sleep(for: .seconds(60)) }
    }
    await #expect(throws: Overdue.self) {
      try await waiting(atMost: .milliseconds(20)) { try await Task.sleep(for: .seconds(60)) }
    }
    let task = Task { try await withTimeout(.seconds(60)) { try await Task.sleep(for: .seconds(60)) } }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func theEndOfAProcessWakesWhoeverSleepsAndSoDoesCancelling() async throws {
    let drain = Drain()
    await drain.sleep(.milliseconds(10))
    let cancelled = Task { await drain.sleep(.seconds(600)) }
    cancelled.cancel()
    await cancelled.value
    let sleepers = [Task { await drain.sleep(.seconds(600)) }, Task { await drain.sleep(nil) }]
    #expect(!drain.hasBegun)
    drain.begin()
    for sleeper in sleepers { await sleeper.value }
    // Nobody lies down any more.
    await drain.sleep(nil)
    #expect(drain.hasBegun)
  }
}
