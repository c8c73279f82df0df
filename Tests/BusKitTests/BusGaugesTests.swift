import Foundation
import Redis
import TestKit
import Testing

@testable import BusKit

struct BusGaugesTests {
  private static func value(_ name: String, _ core: BusCore) -> Double? {
    core.metrics.render().split(separator: "\n").first { $0.hasPrefix("\(name) ") }
      .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
  }

  @Test func everyTopicThatAServiceReadsOrWritesHasItsFigures() async throws {
    try await World.run { world in
      let service = World.counter()
      let counter = try await world.start(service)
      try await world.send(Add(account: "a"), Add(account: "b"))
      try await eventually { try await counter.account("b") != nil }
      // Nobody reads the events: they wait for a group that read one of them and died.
      let events = RedisWord(Added.topic.streamKey(0))
      try await eventually { try await world.redis.send(RedisCommand("XLEN", events)).int == 2 }
      // What was sent is marked a moment later.
      try await eventually { try await counter.number("select count(*) as n from outbox_queue") == 0 }
      _ = try await world.redis.send(RedisCommand("XGROUP", "CREATE", events, "audit", "0"))
      _ = try await world.redis.send(
        RedisCommand("XREADGROUP", "GROUP", "audit", "gone", "COUNT", "1", "STREAMS", events, ">"))
      await BusGauges(service.answeringOperators(), core: counter.core).refresh()
      let group = #"{topic="test.events",group="audit"}"#
      #expect(Self.value("energy_bus_lag\(group)", counter.core) == 1)
      #expect(Self.value("energy_bus_pending\(group)", counter.core) == 1)
      #expect(Self.value("energy_bus_consumers\(group)", counter.core) == 1)
      let oldest = try #require(Self.value("energy_bus_oldest_pending_seconds\(group)", counter.core))
      #expect((0..<60).contains(oldest))
      #expect(Self.value(#"energy_bus_stream_length{topic="test.events"}"#, counter.core) == 2)
      #expect((Self.value(#"energy_bus_stream_bytes{topic="test.events"}"#, counter.core) ?? 0) > 100)
      #expect(Self.value(#"energy_bus_dead_letters{topic="test.commands"}"#, counter.core) == 0)
      #expect(Self.value("energy_bus_outbox_unsent", counter.core) == 0)
      #expect(Self.value("energy_bus_parked", counter.core) == 0)
    }
  }

  @Test func effectsAreCountedByKindAndState() async throws {
    try await World.run { world in
      var service = World.counter()
      service.effect(Ring.self, policy: EffectPolicy(attemptsMax: 1)) { _, _ in .retry(after: .zero, reason: "broken") }
      let counter = try await world.start(service)
      try await world.send(Add(account: "a", then: "ring"))
      try await eventually { try await counter.number("select count(*) as n from effects where state = 'dead'") == 1 }
      await BusGauges(service, core: counter.core).refresh()
      #expect(Self.value(#"energy_bus_effects{kind="ring",state="dead"}"#, counter.core) == 1)
      #expect((Self.value(#"energy_bus_effects_oldest_seconds{kind="ring",state="dead"}"#, counter.core) ?? -1) >= 0)
    }
  }

  @Test func aSecondLookWithinSecondsAsksNobody() async throws {
    try await World.run { world in
      let service = World.counter()
      let counter = try await world.start(service)
      let gauges = BusGauges(service, core: counter.core)
      await gauges.refresh()
      counter.core.metrics.clear("energy_bus_parked")
      await gauges.refresh()
      #expect(Self.value("energy_bus_parked", counter.core) == nil)
    }
  }

  @Test func aSilentPostgresHoldsUpNothingElse() async throws {
    try await World.run { world in
      let proxy = try SilentProxy(name: ".s.PGSQL.5432", upstream: "\(world.postgres.socketFolder)/.s.PGSQL.5432")
      let service = World.counter()
      let counter = try await world.start(
        service, conninfo: proxy.conninfo(world.conninfo), silenceMax: .seconds(6))
      proxy.fallSilent()
      let start = ContinuousClock.now
      await BusGauges(service, core: counter.core).refresh()
      #expect(ContinuousClock.now - start < .seconds(5))
      #expect(Self.value(#"energy_bus_stream_length{topic="test.commands"}"#, counter.core) == 0)
      #expect(Self.value("energy_bus_outbox_unsent", counter.core) == nil)
      proxy.recover()
      try await eventually(within: .seconds(30)) { counter.core.health.isReady }
      try await counter.stop()
      try proxy.stop()
    }
  }

  @Test func whatCannotBeLookedAtIsLeftOutAndTheRestIsTold() async throws {
    try await World.run { world in
      let service = World.counter()
      let counter = try await world.start(service)
      await BusGauges(service, core: counter.core).refresh()
      let length = #"energy_bus_stream_length{topic="test.commands"}"#
      #expect(Self.value(length, counter.core) != nil)
      try await world.server.kill9()
      await BusGauges(service, core: counter.core).refresh()
      #expect(Self.value(length, counter.core) == nil)
      #expect(Self.value("energy_bus_outbox_unsent", counter.core) != nil)
      try await world.server.restart()
    }
  }
}
