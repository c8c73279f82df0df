import Foundation
import Postgres
import TestKit
import Testing

@testable import BusKit

/// Outcomes of effects that end at the same time share transactions.
struct GroupedOutcomeTests {
  private static func note(_ id: String) -> EffectOutcome {
    .done(needs: [.row(Note.self, id)]) { unit in
      guard try unit.find(Note.self, id) == nil else { throw PermanentFailure("\(id) was written twice") }
      try unit.save(Note(id: id, topic: "effect", text: "\(unit.now.timeIntervalSince1970)"))
    }
  }

  /// All wait for one another before they end, so that their outcomes meet.
  private static func meeting(_ expected: Int, _ runs: Diary<String>, _ key: String) async throws {
    runs.write(key)
    try await eventually { runs.lines.count >= expected }
  }

  @Test func manyOutcomesTakeFewTransactions() async throws {
    try await World.run { world in
      let runs = Diary<String>()
      var service = World.counter()
      service.effect(Ring.self, policy: EffectPolicy(concurrency: 40)) { ring, _ in
        try await Self.meeting(40, runs, ring.key)
        return Self.note(ring.key)
      }
      let counter = try await world.start(service)
      try await world.send((0..<40).map { Add(account: "key\($0)", then: "ring") })
      try await eventually { try await counter.notes().count == 40 }
      #expect(runs.lines.count == 40)
      let transactions = try await counter.number("select count(distinct xmin::text) as n from notes")
      #expect(transactions < 40)
      #expect(try await counter.number("select count(*) as n from effects") == 0)
    }
  }

  @Test func oneOutcomeThatCannotBeWrittenHarmsNoOther() async throws {
    try await World.run { world in
      let runs = Diary<String>()
      var service = World.counter()
      service.effect(Ring.self, policy: EffectPolicy(concurrency: 20)) { ring, _ in
        try await Self.meeting(20, runs, ring.key)
        if ring.key == "key7" {
          return .done(needs: [.row(Note.self, ring.key)]) { unit in
            try unit.save(Note(id: "half", topic: "effect", text: "must not be"))
            throw PermanentFailure("refused")
          }
        }
        return Self.note(ring.key)
      }
      let counter = try await world.start(service)
      try await world.send((0..<20).map { Add(account: "key\($0)", then: "ring") })
      try await eventually { try await counter.number("select count(*) as n from effects where state = 'dead'") == 1 }
      try await eventually { try await counter.notes().count == 19 }
      #expect(try await !counter.notes().contains { $0.id == "half" || $0.id == "key7" })
    }
  }

  @Test func whoLostItsLeaseWritesNothingWhileTheOthersDo() async throws {
    try await World.run { world in
      let runs = Diary<String>()
      var service = World.counter()
      service.effect(Ring.self, policy: EffectPolicy(concurrency: 20)) { ring, context in
        if ring.key == "key3", runs.lines.filter({ $0 == "key3" }).isEmpty {
          // As if another had taken it over while this process slept.
          _ = try await context.bus.read { session in
            try session.execute(
              """
              update effects set lease_token = gen_random_uuid(), lease_until = now() + interval '1 second'
              where id = $1
              """, [.uuid(context.id)])
          }
        }
        try await Self.meeting(20, runs, ring.key)
        return Self.note(ring.key)
      }
      let counter = try await world.start(service)
      try await world.send((0..<20).map { Add(account: "key\($0)", then: "ring") })
      // `note` would refuse to write it twice, and bury the effect.
      try await eventually { try await counter.notes().count == 20 }
      try await eventually { try await counter.number("select count(*) as n from effects") == 0 }
      #expect(runs.lines.filter { $0 == "key3" }.count == 2)
      #expect(runs.lines.count == 21)
    }
  }

  @Test func stepsBeforeTheOutcomeAreCommittedAndGiveTheirAnswers() async throws {
    try await World.run { world in
      let answers = Diary<String>()
      var service = World.counter()
      service.effect(Ring.self, policy: EffectPolicy(concurrency: 20)) { ring, context in
        let id = "step-\(ring.key)"
        let answer = try await context.transaction(needs: [.row(Note.self, id)]) { unit in
          try unit.save(Note(id: id, topic: "step", text: ""))
          return id
        }
        let isThere = try await context.bus.read { session in
          try !session.execute("select 1 from notes where id = $1", [.text(id)]).rows.isEmpty
        }
        answers.write(isThere ? answer : "\(answer) is missing")
        return .done()
      }
      let counter = try await world.start(service)
      try await world.send((0..<20).map { Add(account: "key\($0)", then: "ring") })
      try await eventually { answers.lines.count == 20 }
      try await eventually { try await counter.number("select count(*) as n from effects") == 0 }
      #expect(answers.lines.sorted() == (0..<20).map { "step-key\($0)" }.sorted())
    }
  }

  @Test func ofTwoRunsOfOneEffectInATransactionOnlyTheOneWithTheLeaseWrites() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      let (effect, lost, held) = (UUID.v7(), UUID.v7(), UUID.v7())
      // Of a kind that nobody runs here.
      _ = try await counter.bus.read { session in
        try session.execute(
          """
          insert into effects
            (id, kind, order_key, payload, correlation, traceparent, next_at, lease_until, lease_token)
          values ($1, 'strange', 'k', '', '', '', now(), now() + interval '1 minute', $2)
          """, [.uuid(effect), .uuid(held)])
      }
      let units = [("lost", lost), ("held", held)].map { name, token in
        GroupedUnit(
          needs: [.row(Note.self, name)], correlation: "", traceparent: "",
          end: EffectEnd(effect: effect, token: token, again: nil)
        ) { try $0.save(Note(id: name, topic: "effect", text: "")) }
      }
      #expect(try await counter.bus.core.runner.group(units) == [false, true])
      #expect(try await counter.notes().map(\.id) == ["held"])
      #expect(try await counter.number("select count(*) as n from effects") == 0)
    }
  }
}
