import BusKitTesting
import Foundation
import Postgres
import TestKit
import Testing

@testable import BusKit

/// Effects that have become pointless are taken back by the unit of work that finds out.
struct EffectWithdrawalTests {
  private struct Bell: Effect {
    static let kind = "bell"
    let orderKey: String
  }

  private static func later(_ unit: UnitOfWork) -> Date { unit.now.addingTimeInterval(600) }

  /// `kind key` of all effects, in their order.
  private func effects(_ replica: Replica) async throws -> [String] {
    try await replica.bus.read { session in
      try session.execute("select kind || ' ' || order_key as t from effects order by seq").rows
        .map { try $0.string("t") }
    }
  }

  private func counter(_ run: @escaping @Sendable (Ring) async throws -> EffectOutcome = { _ in .done() }) -> Service {
    var service = World.counter()
    service.effect(Ring.self) { ring, _ in try await run(ring) }
    service.effect(Bell.self) { _, _ in .done() }
    return service
  }

  @Test func whatWaitsOfTheKindAndKeyGoesAndNothingElse() async throws {
    try await World.run { world in
      let counter = try await world.start(counter())
      try await counter.bus.transaction { unit in
        for key in ["a", "a", "b", "c"] { try unit.start(Ring(key: key, number: 1), at: Self.later(unit)) }
        for key in ["a", "b"] { try unit.start(Bell(orderKey: key), at: Self.later(unit)) }
      }
      try await counter.bus.transaction { unit in
        unit.withdraw(Ring.self, orderKey: "a")
        unit.withdraw(Ring.self, orderKey: "c")
        unit.withdraw(Bell.self, orderKey: "b")
        unit.withdraw(Bell.self, orderKey: "none")
      }
      #expect(try await effects(counter) == ["ring b", "bell a"])
    }
  }

  @Test func whatIsRecordedAfterTheWithdrawalStaysAndWhatWasBeforeItIsNotRecorded() async throws {
    try await World.run { world in
      let counter = try await world.start(counter())
      try await counter.bus.transaction { unit in
        try unit.start(Ring(key: "a", number: 1), at: Self.later(unit))
        unit.withdraw(Ring.self, orderKey: "a")
        try unit.start(Ring(key: "a", number: 2), at: Self.later(unit))
      }
      let payloads = try await counter.bus.read { session in
        try session.execute("select payload from effects").rows.map { try $0.bytes("payload") }
      }
      #expect(try payloads.map { try MessageCoder.decode(Ring.self, from: $0).number } == [2])
    }
  }

  @Test func aWithdrawalThatIsNotCommittedTakesNothingBack() async throws {
    try await World.run { world in
      let counter = try await world.start(counter())
      try await counter.bus.transaction { try $0.start(Ring(key: "a", number: 1), at: Self.later($0)) }
      await #expect(throws: Refusal.self) {
        try await counter.bus.transaction { unit in
          unit.withdraw(Ring.self, orderKey: "a")
          throw Refusal()
        }
      }
      #expect(try await effects(counter) == ["ring a"])
    }
  }

  @Test func oneThatIsBeingRunEndsAsItWouldHave() async throws {
    try await World.run { world in
      let (runs, mayEnd) = (Diary<Int>(), Diary<Void>())
      let counter = try await world.start(
        counter { ring in
          runs.write(ring.number)
          while mayEnd.lines.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
          return .done(needs: [.row(Note.self, "end")]) { try $0.save(Note(id: "end", topic: "", text: "heard")) }
        })
      try await counter.bus.transaction { try $0.start(Ring(key: "a", number: 1)) }
      try await eventually { runs.lines == [1] }
      try await counter.bus.transaction { $0.withdraw(Ring.self, orderKey: "a") }
      #expect(try await effects(counter) == ["ring a"])
      mayEnd.write(())
      try await eventually { try await counter.notes().map(\.text) == ["heard"] }
      #expect(try await effects(counter).isEmpty)
    }
  }

  @Test func aWithdrawalDoesNotWaitForARowThatSomebodyHasLocked() async throws {
    try await World.run { world in
      let counter = try await world.start(counter())
      try await counter.bus.transaction { try $0.start(Ring(key: "a", number: 1), at: Self.later($0)) }
      let locked = Diary<Void>()
      let mayGo = Diary<Void>()
      async let lock: Void = counter.core.pool.transaction { session in
        _ = try session.execute("select id from effects for update")
        locked.write(())
        while mayGo.lines.isEmpty { _ = try session.execute("select pg_sleep(0.01)") }
      }
      try await eventually { !locked.lines.isEmpty }
      try await counter.bus.transaction { $0.withdraw(Ring.self, orderKey: "a") }
      mayGo.write(())
      try await lock
      #expect(try await effects(counter) == ["ring a"])
    }
  }

  @Test func oneWhoseProcessDiedIsWithdrawnAndADeadOneStays() async throws {
    try await StoreWorld.run { world in
      let now = try await world.now()
      func withdraw() async throws -> [String] {
        try await world.pool.transaction { session in
          try session.enqueuePlansByKey()
          try EffectStore.enqueueWithdrawals([EffectWithdrawal(kind: "ring", orderKey: "a")], in: session)
        }
        return try await world.texts("select state as t from effects order by seq")
      }
      let effects = (0..<2).map { _ in
        PendingEffect(
          id: .v7(), kind: "ring", orderKey: "a", payload: [], at: nil, correlation: "", traceparent: "")
      }
      try await world.pool.transaction { try EffectStore.enqueueInsert(effects, now: now, in: $0) }
      try await world.execute(
        "update effects set state = 'dead' where id = $1", [.uuid(effects[0].id)])
      try await world.execute(
        "update effects set lease_until = now() + interval '1 minute', lease_token = id where state = 'pending'")
      #expect(try await withdraw() == ["dead", "pending"])
      try await world.execute("update effects set lease_until = now() - interval '1 s' where state = 'pending'")
      #expect(try await withdraw() == ["dead"])
    }
  }

  @Test func rehearsedWithdrawalsTakeBackTheSame() async throws {
    let rehearsal = try Rehearsal(counter())
    let bus = try rehearsal.bus(of: "counter")
    try await bus.transaction { unit in
      for key in ["a", "b"] { try unit.start(Ring(key: key, number: 1), at: Self.later(unit)) }
      try unit.start(Bell(orderKey: "a"), at: Self.later(unit))
    }
    try await bus.transaction { unit in
      try unit.start(Ring(key: "a", number: 2), at: Self.later(unit))
      unit.withdraw(Ring.self, orderKey: "a")
      try unit.start(Ring(key: "a", number: 3), at: Self.later(unit))
    }
    #expect(try rehearsal.effects(Ring.self).map { "\(try $0.effect(Ring.self).number)" } == ["1", "3"])
    #expect(rehearsal.effects(Bell.self).count == 1)
  }
}
