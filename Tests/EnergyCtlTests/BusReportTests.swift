import ArgumentParser
import BusKit
import Contracts
import Foundation
import Redis
import TestKit
import Testing

@testable import EnergyCtl

/// The commands against a real Redis and a running service.
@Suite("energyctl bus: what it shows and does")
struct BusReportTests {
  private func json(_ report: some Report) throws -> String {
    String(decoding: try MessageCoder.encode(report), as: UTF8.self)
  }

  @Test("topics, lag, consumers and peek show what is there, and no body unless asked")
  func shows() async throws {
    try await BusWorld.run { world in
      let client = world.client
      try await client.send(BusWorld.Count(key: "ord_1"))
      try await client.send(BusWorld.Count(key: "ord_2"))
      try await eventually { try await world.length(.orderEvents) == 2 }

      let topics = try await TopicsReport.gather(Topic.lasting, client.broker)
      #expect(topics.topics.map(\.topic) == Topic.lasting.map(\.name))
      let events = try #require(topics.topics.first { $0.topic == "order.events" })
      #expect(events.length == 2 && events.dead == 0 && (events.bytes ?? 0) > 0 && events.oldest_ms != nil)
      #expect(events.groups.map(\.role) == ["essential", "essential", "observer"])
      #expect(topics.text.contains("gateway e, session-svc e, monitor-svc o"))

      let lag = try await LagReport.gather([.orderEvents, .orderCommands], client.broker)
      let gateway = try #require(lag.groups.first { $0.group == "gateway" })
      #expect(gateway.role == "missing" && gateway.lag == 2)
      let own = try #require(lag.groups.first { $0.group == "order-svc" })
      #expect(own.role == "essential" && own.pending == 0 && own.consumers == 1)

      let consumers = try await ConsumersReport.gather([.orderCommands], client)
      #expect(consumers.consumers.map(\.group) == ["order-svc"])
      #expect(consumers.consumers.allSatisfy { $0.alive && $0.consumer.hasPrefix("order-svc@") })

      func peek(_ arguments: String...) async throws -> PeekReport {
        try await PeekCommand.parse(["order.events"] + arguments).request().gather(client.broker)
      }
      let all = try await peek()
      #expect(all.messages.compactMap(\.key) == ["ord_1", "ord_2"])
      #expect(try !json(all).contains("aggregate"))
      #expect(try await peek("--limit", "1").messages.count == 1)
      #expect(try await peek("--key", "ord_2").messages.map(\.key) == ["ord_2"])
      #expect(try await peek("--type", "test.Other").messages.isEmpty)
      let first = try #require(all.messages.first?.stream_id)
      #expect(try await peek("--after", first, "--body").messages.map(\.body) == [#"{"aggregate":"ord_2","seq":1}"#])
    }
  }

  @Test("a foreign entry in a stream is shown with what is wrong with it")
  func foreign() async throws {
    try await BusWorld.run { world in
      let redis = RedisConnection(configuration: world.redis.configuration)
      _ = try await redis.send(RedisCommand("XADD", .init(Topic.txEvents.streamKey(0)), "*", "hello", "world"))
      await redis.close()
      let report = try await PeekCommand.parse(["tx.events"]).request().gather(world.client.broker)
      #expect(report.messages.count == 1)
      #expect(report.messages.first?.problem?.contains("id") == true)
      #expect(report.text.contains("missing"))
    }
  }

  @Test("dead letters are listed with their reason, replayed once mended, and audited")
  func dead() async throws {
    try await BusWorld.run { world in
      world.refuses.turn(on: true)
      try await world.client.send(BusWorld.Count(key: "ord_1"))
      try await world.client.send(BusWorld.Count(key: "ord_2"))
      func letters(_ arguments: String...) async throws -> [DeadSearch.Found] {
        try await DeadFilter.parse(arguments).search(limit: 100).letters(world.client.broker)
      }
      try await eventually { try await letters().count == 2 }
      let report = DeadReport(try await letters("order.commands", "--group", "order-svc"), showsBody: false)
      #expect(report.letters.map(\.key) == ["ord_1", "ord_2"])
      #expect(report.letters.allSatisfy { $0.reason == "invariant" && $0.detail.contains("refused") && $0.body == nil })
      #expect(report.summary == "2  order.commands  order-svc  invariant")
      #expect(try await letters("--cause", "too_old").isEmpty)
      #expect(try await letters("--group", "gateway").isEmpty)

      world.refuses.turn(on: false)
      let action = OperatorAction(actor: "ann", reason: "mended", key: "k1")
      let first = try #require(try await letters().first)
      for (service, command) in try DeadSearch.commands(.replay, [first], action) {
        try await world.client.apply(command, to: service)
        // The same command again, as a person does who saw no answer.
        try await world.client.apply(command, to: service)
      }
      try await eventually { try await world.length(.orderEvents) == 1 }
      #expect(try await letters().count == 1)
      let second = OperatorAction(actor: "ann", reason: "r", key: "k2")
      for (service, command) in try DeadSearch.commands(.purge, try await letters(), second) {
        try await world.client.apply(command, to: service)
      }
      #expect(try await letters().isEmpty)
      try await eventually { try await world.audited().count == 2 }
      let acted = try await world.audited()
      #expect(acted.map { $0.action.key.prefix(3) } == ["k1/", "k2/"])
      #expect(acted.allSatisfy { $0.service == "order-svc" && $0.command == "bus.SettleDeadLetters" })
    }
  }

  @Test("dead letters that are too old to be put back are exit code 1, and keep no other from it")
  func tooOld() async throws {
    try await BusWorld.run { world in
      for (key, days) in [("ord_1", 16.0), ("ord_2", 1.0)] {
        let envelope = Envelope(
          id: .v7(), type: BusWorld.Count.messageType, version: 1, key: key,
          createdAt: Date().addingTimeInterval(-days * 86_400), correlation: "c",
          body: try MessageCoder.encode(BusWorld.Count(key: key)))
        try await world.client.broker.bury(
          envelope,
          DeadLetterNote(
            topic: .orderCommands, partition: 0, group: "order-svc", reason: "permanent", detail: "d", deliveries: 1))
      }
      func letters() async throws -> [DeadSearch.Found] {
        try await DeadFilter.parse([]).search(limit: 100).letters(world.client.broker)
      }
      let found = try await letters()
      let action = OperatorAction(actor: "ann", reason: "mended", key: "k1")
      let commands = try found.flatMap { try DeadSearch.commands(.replay, [$0], action) }
      #expect(commands.count == 2)
      await #expect(throws: ExitCode.failure) { try await DeadSettling.apply(commands, of: action, world.client) }
      try await eventually { try await world.length(.orderEvents) == 1 }
      #expect(try await letters().map(\.letter.id) == found.prefix(1).map(\.letter.id))
    }
  }

  @Test("effects are listed, retried and purged; a refusal is exit code 1")
  func effects() async throws {
    try await BusWorld.run { world in
      let client = world.client
      world.refuses.turn(on: true)
      for key in ["a", "b"] { try await client.send(BusWorld.Count(key: key, isEffect: true)) }
      func effects() async throws -> [EffectView] { try await client.ask(ListEffects(state: .dead), of: "order-svc") }
      try await eventually { try await effects().count == 2 }
      #expect(EffectsReport(effects: try await effects()).text.contains("Refused"))
      let one = try #require(try await effects().first)
      world.refuses.turn(on: false)
      func action(_ key: String) -> OperatorAction { OperatorAction(actor: "ann", reason: "r", key: key) }
      try await client.apply(RetryEffects(.one(one.id), action: action("k1")), to: "order-svc")
      try await eventually { try await effects().count == 1 }
      try await client.apply(PurgeEffects(.all, action: action("k2")), to: "order-svc")
      #expect(try await effects().isEmpty)
      await #expect(throws: ExitCode.failure) {
        try await client.apply(PurgeEffects(.kind("count"), action: action("k2")), to: "order-svc")
      }
    }
  }

  @Test("status tells of each service, and who is silent")
  func status() async throws {
    try await BusWorld.run { world in
      let report = try await StatusReport.gather(["order-svc", "tx-svc"], world.client, within: .seconds(2))
      #expect(report.services.map(\.service) == ["order-svc"])
      #expect(report.silent == ["tx-svc"])
      #expect(report.text.contains("tx-svc does not answer"))
      let schedules = try await world.client.ask(ListSchedules(), of: "order-svc")
      #expect(SchedulesReport(schedules: schedules).text.contains("tally"))
    }
  }

  @Test("doctor finds what is missing and what nobody declares, and says what to do")
  func doctor() async throws {
    try await BusWorld.run { world in
      let redis = RedisConnection(configuration: world.redis.configuration)
      _ = try await redis.send(RedisCommand("XADD", "bus:{old.events.0}:stream", "*", "f", "v"))
      _ = try await redis.send(RedisCommand("CONFIG", "SET", "maxmemory-policy", "allkeys-lru"))
      await redis.close()
      let report = await DoctorReport.gather(world.client)
      #expect(!report.ok)
      func found(_ check: String, _ level: Finding.Level) -> [String] {
        report.findings.filter { $0.check == check && $0.level == level }.map(\.subject)
      }
      #expect(found("eviction", .critical) == ["Redis"])
      #expect(found("declared", .warning) == ["bus:{old.events.0}:stream"])
      #expect(found("services", .ok) == ["order-svc"])
      #expect(found("services", .warning) == ["gateway", "monitor-svc", "session-svc", "tx-svc", "wallet-svc"])
      #expect(found("groups", .ok).contains("order.commands order-svc"))
      #expect(found("append_only", .ok) == ["Redis"])
      #expect(report.text.contains("→ CONFIG SET maxmemory-policy noeviction"))
      #expect(report.text.hasPrefix("critical"))
    }
  }

  @Test("doctor says so when Redis is away")
  func away() async throws {
    let client = BusClient(
      redis: RedisConfiguration(address: .unix(path: "/nowhere/redis.sock"), user: nil, password: nil, clientName: "t"),
      name: "energyctl", logger: JSONLog.logger(service: "energyctl", level: .critical))
    let report = try await client.run { await DoctorReport.gather($0) }
    #expect(report.findings.map(\.check) == ["reachable"])
    #expect(!report.ok)
  }
}
