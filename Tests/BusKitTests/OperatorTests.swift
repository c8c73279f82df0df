import Foundation
import Postgres
import Redis
import Synchronization
import TestKit
import Testing

@testable import BusKit

/// Operators speak to running services: questions and commands that every service answers without code of its own.
struct OperatorTests {
  private struct Broken: Error {}

  /// What the services' hook was told.
  private static func audited(_ service: Service, _ diary: Diary<AppliedAction>) -> Service {
    var service = service
    service.onOperatorAction { applied, unit in
      diary.write(applied)
      try unit.publish(Added(aggregate: "audit", seq: 1, total: 0))
    }
    return service
  }

  private static func ringing(_ isBroken: @escaping @Sendable () -> Bool, _ diary: Diary<AppliedAction>) -> Service {
    var service = audited(World.counter(), diary)
    service.effect(Ring.self, policy: EffectPolicy(attemptsMax: 1)) { _, _ in
      if isBroken() { throw Broken() }
      return .done()
    }
    return service
  }

  private static func action(_ key: String) -> OperatorAction {
    OperatorAction(actor: "ann", reason: "a test", key: key)
  }

  private static func client<T: Sendable>(_ world: World, _ body: @escaping @Sendable (BusClient) async throws -> T)
    async throws -> T
  {
    let logger = JSONLog.logger(service: "operator", level: .critical)
    return try await BusClient(redis: world.server.configuration, name: "operator", logger: logger).run(body)
  }

  private static func effects(_ client: BusClient, _ state: EffectEntry.State) async throws -> [EffectView] {
    try await client.ask(ListEffects(state: state), of: "counter")
  }

  @Test func deadEffectsAreListedAndRetriedOnceForEachKey() async throws {
    try await World.run { world in
      let (flag, diary) = (Flag(true), Diary<AppliedAction>())
      let counter = try await world.start(Self.ringing({ flag.value }, diary))
      try await world.send(Add(account: "a", then: "ring"), Add(account: "b", then: "ring"))
      try await eventually { try await counter.number("select count(*) as n from effects where state = 'dead'") == 2 }
      try await Self.client(world) { client async throws in
        let dead = try await Self.effects(client, .dead)
        #expect(dead.map(\.kind) == ["ring", "ring"])
        #expect(Set(dead.map(\.orderKey)) == ["a", "b"])
        #expect(dead.allSatisfy { $0.lastError.contains("Broken") && $0.payload == nil })
        let one = try #require(dead.first)
        let shown = try await client.ask(ListEffects(id: one.id, showsPayload: true), of: "counter")
        #expect(shown.first?.payload?.contains(#""number":1"#) == true)

        flag.value = false
        let retry = RetryEffects(.kind("ring"), action: Self.action("k1"))
        let result = try await client.command(retry, to: "counter")
        #expect(result == CommandResult(ok: true, code: "done", detail: "2 effects run again"))
        try await eventually { try await counter.number("select count(*) as n from effects") == 0 }
        // The same key is the same action, and for another one it is refused.
        #expect(try await client.command(retry, to: "counter") == result)
        let other = try await client.command(RetryEffects(.all, action: Self.action("k1")), to: "counter")
        #expect(other?.code == "key_conflict")
        let none = try await client.command(RetryEffects(.all, action: Self.action("k2")), to: "counter")
        #expect(none?.code == "unchanged")
      }
      #expect(diary.lines.map(\.action.key) == ["k1", "k2"])
      #expect(diary.lines.first == AppliedAction(
        service: "counter", command: "bus.RetryEffects", subject: "dead effects of kind ring",
        action: Self.action("k1"), outcome: "done"))
      // What the hook published was in the same transaction.
      let told = "select count(*) as n from outbox where type = 'test.Added' and key = 'audit'"
      #expect(try await counter.number(told) == 2)
    }
  }

  @Test func deadEffectsArePurgedByAgeAndLivingOnesStay() async throws {
    try await World.run { world in
      let diary = Diary<AppliedAction>()
      let counter = try await world.start(Self.ringing({ true }, diary))
      try await world.send(Add(account: "a", then: "ring"))
      try await eventually { try await counter.number("select count(*) as n from effects where state = 'dead'") == 1 }
      try await Self.client(world) { client async throws in
        let young = PurgeEffects(.all, olderThanSeconds: 3_600, action: Self.action("k1"))
        #expect(try await client.command(young, to: "counter")?.code == "unchanged")
        let gone = PurgeEffects(.all, action: Self.action("k2"))
        #expect(try await client.command(gone, to: "counter")?.detail == "1 dead effects are forgotten")
        #expect(try await Self.effects(client, .dead).isEmpty)
        for age in [-1, .max] {
          let wrong = PurgeEffects(.all, olderThanSeconds: age, action: Self.action("k3"))
          #expect(try await client.command(wrong, to: "counter")?.code == "invalid")
        }
      }
    }
  }

  @Test func whatWasSentIsSentAgainByKeyOrTimeAndChangesNothing() async throws {
    try await World.run { world in
      let diary = Diary<AppliedAction>()
      let counter = try await world.start(Self.audited(World.counter(), diary))
      let audit = try await world.start(World.audit())
      try await world.send(Add(account: "a", amount: 1), Add(account: "a", amount: 2), Add(account: "b", amount: 3))
      let sent = """
        select count(*) as n from outbox
        where type = 'test.Added' and message_id not in (select message_id from outbox_queue)
        """
      try await eventually { try await audit.notes().count == 3 }
      try await eventually { try await counter.number(sent) == 3 }
      let duplicates = { @Sendable in
        audit.core.metrics.render().split(separator: "\n").first { $0.hasPrefix("energy_bus_duplicates_total{") }
      }
      try await Self.client(world) { client async throws in
        let byKey = ReplayOutbox(ReplaySelection(key: "a"), action: Self.action("k1"))
        let result = try await client.command(byKey, to: "counter")
        #expect(result == CommandResult(ok: true, code: "done", detail: "2 messages are sent again"))
        try await eventually { duplicates()?.hasSuffix(" 2") == true }
        #expect(try await client.command(byKey, to: "counter") == result)
        // What arrives is marked a moment later; until then it waits to be sent, and a replay leaves it alone.
        try await eventually { try await counter.number("select count(*) as n from outbox_queue") == 0 }
        let byTime = ReplayOutbox(
          ReplaySelection(topic: Added.topic.name, type: "test.Added", from: Date().addingTimeInterval(-600)),
          action: Self.action("k2"))
        // Those of the key, the third, and what the hook told of the first replay.
        let again = try await client.command(byTime, to: "counter")
        #expect(again?.detail == "4 messages are sent again")
        let wrong = [ReplaySelection(), ReplaySelection(topic: "test.events"), ReplaySelection(from: .distantFuture)]
        for selection in wrong {
          let refused = try await client.command(ReplayOutbox(selection, action: Self.action("k3")), to: "counter")
          #expect(refused?.code == "invalid")
        }
      }
      let notes = try await audit.notes().filter { $0.topic != "audit" }
      #expect(notes.count == 3 && notes.allSatisfy { $0.text == "once" })
      #expect(diary.lines.map(\.outcome) == ["accepted", "accepted"])
    }
  }

  @Test func deadLettersAreReplayedWhenTheirReasonIsGone() async throws {
    try await World.run { world in
      let flag = Flag(true)
      let diary = Diary<AppliedAction>()
      let service = World.counter { _ in if flag.value { throw InvariantViolation("not today") } }
      let counter = try await world.start(Self.audited(service, diary))
      try await world.send(Add(account: "a", amount: 4), Add(account: "b", amount: 5))
      try await eventually { try await world.dead(Add.topic).count == 2 }
      try await Self.client(world) { client async throws in
        let letters = try await client.broker.deadLetters(Add.topic, partition: 0, after: nil, limit: 10)
        let places = letters.map { SettleDeadLetters.Place(partition: 0, id: $0.id) }
        let first = try #require(places.first)
        func settle(
          _ deed: SettleDeadLetters.Deed, _ letters: [SettleDeadLetters.Place], _ key: String,
          of topic: String = Add.topic.name
        ) async throws -> CommandResult? {
          try await client.command(
            SettleDeadLetters(deed, topic: topic, letters: letters, action: Self.action(key)), to: "counter")
        }
        flag.value = false
        #expect(try await settle(.replay, [first], "k1")?.detail == "1 of 1 dead letters of test.commands: replay")
        try await eventually { try await counter.account("a")?.total == 4 }
        // The first is there no more.
        #expect(try await settle(.purge, places, "k2")?.detail == "1 of 2 dead letters of test.commands: purge")
        #expect(try await settle(.purge, [first, .init(partition: 0, id: "1-1")], "k2")?.code == "key_conflict")
        #expect(try await world.dead(Add.topic).isEmpty)
        #expect(try await counter.account("b") == nil)
        #expect(try await settle(.purge, places, "k3", of: "test.events")?.code == "not_found")
        #expect(try await settle(.purge, [], "k4")?.code == "invalid")
        #expect(try await settle(.purge, [.init(partition: 1, id: "1-1")], "k5")?.code == "invalid")
      }
    }
  }

  @Test func aDeadLetterThatTheInboxesHaveForgottenStaysWhereItIs() async throws {
    try await World.run { world in
      _ = try await world.start(World.counter())
      try await Self.client(world) { client async throws in
        for days in [16, 1] {
          var envelope = try World.envelope(Add(account: "a"))
          envelope.createdAt = Date().addingTimeInterval(Double(days) * -86_400)
          try await client.broker.bury(
            envelope,
            DeadLetterNote(
              topic: Add.topic, partition: 0, group: "counter", reason: "permanent", detail: "d", deliveries: 1))
        }
        let letters = try await client.broker.deadLetters(Add.topic, partition: 0, after: nil, limit: 10)
        let places = letters.map { SettleDeadLetters.Place(partition: 0, id: $0.id) }
        func replay(_ letters: [SettleDeadLetters.Place], _ key: String) async throws -> CommandResult? {
          try await client.command(
            SettleDeadLetters(.replay, topic: Add.topic.name, letters: letters, action: Self.action(key)),
            to: "counter")
        }
        let why = "dead letters of test.commands: replay; 1 stayed: older than what inboxes remember"
        #expect(try await replay(places, "k1") == CommandResult(ok: true, code: "done", detail: "1 of 2 \(why)"))
        let old = Array(places.prefix(1))
        #expect(try await replay(old, "k2") == CommandResult(ok: false, code: "failed", detail: "0 of 1 \(why)"))
        // The other is there no more, whatever its age.
        let gone = try await replay(Array(places.suffix(1)), "k3")
        #expect(gone == CommandResult(ok: true, code: "done", detail: "0 of 1 dead letters of test.commands: replay"))
        let left = try await client.broker.deadLetters(Add.topic, partition: 0, after: nil, limit: 10)
        #expect(left.map(\.id) == letters.prefix(1).map(\.id))
      }
    }
  }

  @Test func aScheduleFiresWhenAnOperatorSaysSo() async throws {
    try await World.run { world in
      let diary = Diary<Date>()
      var service = World.counter()
      service.every("yearly", .seconds(365 * 86_400)) { unit in diary.write(unit.now) }
      _ = try await world.start(service)
      try await eventually { diary.lines.count == 1 }
      try await Self.client(world) { client async throws in
        let schedules = try await client.ask(ListSchedules(), of: "counter")
        #expect(schedules.map(\.name) == ["yearly"])
        #expect(schedules.first?.definition == "every 31536000000 ms")
        #expect((schedules.first?.nextAt ?? .distantPast) > Date().addingTimeInterval(300 * 86_400))
        let run = RunSchedule(name: "yearly", action: Self.action("k1"))
        #expect(try await client.command(run, to: "counter")?.code == "done")
        try await eventually { diary.lines.count == 2 }
        let unknown = RunSchedule(name: "weekly", action: Self.action("k2"))
        #expect(try await client.command(unknown, to: "counter")?.code == "not_found")
      }
    }
  }

  @Test func commandsWithoutActorReasonOrKeyAreRefused() async throws {
    try await World.run { world in
      let diary = Diary<AppliedAction>()
      _ = try await world.start(Self.audited(World.counter(), diary))
      let actions = [
        OperatorAction(actor: "", reason: "r", key: "k"), OperatorAction(actor: "a", reason: "", key: "k"),
        OperatorAction(actor: "a", reason: String(repeating: "r", count: 501), key: "k"),
        OperatorAction(actor: "a", reason: "r", key: ""),
        OperatorAction(actor: "a", reason: "r", key: String(repeating: "k", count: 201)),
      ]
      try await Self.client(world) { client async throws in
        for action in actions {
          #expect(try await client.command(RetryEffects(.all, action: action), to: "counter")?.code == "invalid")
        }
      }
      #expect(diary.lines.isEmpty)
    }
  }

  @Test func aServiceTellsWhatWaitsInItsTables() async throws {
    try await World.run { world in
      let diary = Diary<AppliedAction>()
      let counter = try await world.start(Self.ringing({ true }, diary))
      try await world.send(Add(account: "a", then: "ring"), Add(account: "b"))
      try await eventually { try await counter.number("select count(*) as n from effects where state = 'dead'") == 1 }
      try await counter.bus.transaction { unit in
        try unit.publish(Added(aggregate: "late", seq: 1, total: 0), at: unit.now.addingTimeInterval(3_600))
      }
      try await Self.client(world) { client async throws in
        let status = try await client.ask(GetBusStatus(), of: "counter")
        #expect(status.service == "counter")
        #expect(status.process == counter.bus.process)
        #expect(status.figures.delayed >= 1)
        #expect(status.figures.parked.count == 0)
        #expect(abs(status.figures.postgresMilliseconds - Int64(Date().timeIntervalSince1970 * 1000)) < 5_000)
        let dead = try #require(status.figures.effects.first)
        #expect(status.figures.effects.count == 1)
        #expect(dead.kind == "ring" && dead.state == "dead" && dead.count == 1 && dead.lateSeconds == 0)
      }
    }
  }
}

/// A switch that a test turns while its services run.
final class Flag: Sendable {
  private let state: Mutex<Bool>
  init(_ value: Bool) { state = Mutex(value) }
  var value: Bool {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}
