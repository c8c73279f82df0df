import Foundation
import Redis
import TestKit
import Testing

@testable import BusKit

/// How much is sent again to a broker that has lost its memory.
struct FloorTests {
  @Test func onlyWhatAReaderMayStillNeedIsSentAgain() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      let audit = try await world.start(World.audit())
      try await world.send((0..<5).map { _ in Add(account: "a") })
      try await eventually { try await audit.notes().count == 5 }
      try await eventually { try await world.pending(Added.topic, "audit") == 0 }
      // These were sent long ago, and everybody has them.
      _ = try await counter.bus.read {
        try $0.execute("update outbox set created_at = created_at - interval '1 hour'").affected
      }
      try await FloorKeeper(core: counter.core).note()
      // The reader goes; what is sent now it will still need.
      try await audit.stop()
      try await world.send(Add(account: "a"))
      try await eventually { try await world.entries(Added.topic.streamKey(0)).count >= 1 }
      try await eventually { try await counter.number("select count(*) as n from outbox_queue") == 0 }
      try await FloorKeeper(core: counter.core).note()
      _ = try await world.redis.send(RedisCommand("FLUSHALL"))
      try await eventually { try await world.entries(Added.topic.streamKey(0)).count == 1 }
      let successor = try await world.start(World.audit())
      try await eventually { try await successor.notes().count == 6 }
      #expect(try await successor.notes().allSatisfy { $0.text == "once" })
      #expect(try await world.entries(Added.topic.streamKey(0)).count <= 1)
    }
  }

  @Test func theFloorIsNotedByTheClockOfPostgresHoweverTheBrokersGoes() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      let audit = try await world.start(World.audit())
      try await world.send(Add(account: "a"))
      try await eventually { try await audit.notes().count == 1 }
      try await eventually { try await world.pending(Added.topic, "audit") == 0 }
      let hourAhead = Int64(Date().timeIntervalSince1970 * 1000) + 3_600_000
      counter.core.health.noteBroker(
        BrokerPulse(milliseconds: hourAhead, epoch: nil, generation: counter.core.broker.generation))
      try await FloorKeeper(core: counter.core).note()
      let age = try await counter.number(
        """
        select extract(epoch from clock_timestamp() - value::timestamptz)::int as n from bus_state where key = 'floor'
        """)
      #expect((0...60).contains(age))
    }
  }

  @Test func aReaderThatWasNeverThereHoldsTheFloor() async throws {
    try await World.run { world in
      let counter = try await world.start(World.counter())
      try await world.send(Add(account: "a"))
      try await eventually {
        try await counter.number("select count(*) - (select count(*) from outbox_queue) as n from outbox") == 1
      }
      try await FloorKeeper(core: counter.core).note()
      #expect(
        try await counter.number(
          "select count(*) as n from bus_state where key = 'floor' and value <> '-infinity'") == 0)
    }
  }

  @Test func theFloorReadInTwoRoundTripsIsThatOfTheWholeState() async throws {
    try await World.run { world in
      let broker = RedisBroker(world.server.configuration)
      let topic = Topic("test.floor", partitions: 2, groups: [.essential("a"), .essential("b")])
      let (now, distant) = (Int64.max, Topic("test.nowhere", groups: [.essential("a")]))
      func floors(upTo moment: Int64 = .max) async throws -> [Int64?] {
        [try await broker.floor(of: [topic], upTo: moment), try await broker.floorByState(of: [topic], upTo: moment)]
      }
      #expect(try await floors() == [nil, nil])
      let links = ["a", "b"].flatMap { group in
        (0..<2).map { partition in
          broker.subscribe(
            SubscriptionOptions(topic: topic, partition: partition, group: group, consumer: "me", lease: .seconds(60)))
        }
      }
      try await links[0].ensure()
      #expect(try await floors() == [nil, nil])
      for link in links { try await link.ensure() }
      #expect(try await floors() == [now, now])
      // Unread by both, then read by one and pending there, then unread by the other alone.
      _ = try await broker.publish((0..<8).map { Publication(try World.envelope(Add(account: "\($0)")), topic: topic) })
      let unread = try await floors()
      #expect(unread[0] == unread[1] && unread[0] != now)
      for link in links.prefix(2) { _ = try await link.read(limit: 10, wait: .milliseconds(10), acknowledging: false) }
      let pending = try await floors()
      #expect(pending[0] == pending[1] && pending[0] != now)
      // The broker's clock stands before the time of what is pending.
      #expect(try await floors(upTo: 1_000) == [nil, nil])
      for link in links { _ = try await link.read(limit: 10, wait: .milliseconds(10), acknowledging: true) }
      let held = try await floors()
      #expect(held[0] == held[1] && held[0] != now)
      #expect(try await broker.floor(of: [topic, distant], upTo: now) == nil)
      for link in links { await link.close() }
      await broker.close()
    }
  }

  @Test(arguments: [
    (100_000, nil, 100_000), (100_000, 90_000, 90_000), (90_000, 95_000, 90_000), (100_000, 102_000, 100_000),
    (100_000, 102_001, nil),
  ] as [(Int64, Int64?, Int64?)])
  func aNeedThatIsStillToComeMeansThatTheFloorIsUnknown(floor: Int64, since: Int64?, lowered: Int64?) {
    #expect(BrokerFloor.lowered(floor, to: since, upTo: 100_000) == lowered)
  }

  @Test func whatOneReplicaHasNotedTheOthersLeave() async throws {
    try await StoreWorld.run { world in
      func isNoted() async throws -> Bool {
        try await world.pool.withSession { try EpochStore.isFloorNoted(of: "r", within: .seconds(4), in: $0) }
      }
      let now = try await world.now()
      #expect(try await isNoted() == false)
      func note() async throws -> Bool { try await world.note(floor: now, epoch: "e1") }
      #expect(try await note() == false)
      #expect(try await isNoted() == false)
      try await world.compare(epoch: "e1")
      #expect(try await note())
      #expect(try await isNoted())
      try await world.execute(
        """
        update bus_state set value = split_part(value, ';', 1) || ';' || (now() - interval '5 s')::text
        where key like 'floor:%'
        """)
      #expect(try await isNoted() == false)
    }
  }

  /// What stands beside the outbox as the floor, in seconds after `start`.
  private func floor(_ world: StoreWorld, after start: Date) async throws -> Double? {
    let rows = try await world.execute("select value::timestamptz as floor from bus_state where key = 'floor'").rows
    return try rows.first?.date("floor").timeIntervalSince(start).rounded()
  }

  @Test func whileReleasesWithDifferentReadersRunTheLowerFloorStands() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1")
      let start = try await world.now()
      func note(_ readers: String, _ seconds: Double?) async throws -> Double? {
        let floor = seconds.map { start.addingTimeInterval($0) }
        try await world.note(floor: floor, of: readers, epoch: "e1")
        return try await self.floor(world, after: start)
      }
      func isNoted(_ readers: String) async throws -> Bool {
        try await world.pool.withSession { try EpochStore.isFloorNoted(of: readers, within: .seconds(60), in: $0) }
      }
      #expect(try await note("old", 10) == 10)
      // The new release asks for itself, however lately the old one has.
      #expect(try await isNoted("old"))
      #expect(try await isNoted("new") == false)
      // A group of the new release does not exist yet: the floor stays where it was.
      #expect(try await note("new", nil) == 10)
      #expect(try await note("old", 20) == 10)
      #expect(try await note("new", 15) == 15)
      #expect(try await note("old", 30) == 15)
      #expect(try await note("new", nil) == 15)
      // The new release was taken back.
      try await world.execute(
        """
        update bus_state set value = split_part(value, ';', 1) || ';' || (now() - interval '6 min')::text
        where key = 'floor:' || hashtextextended('new', 0)
        """)
      #expect(try await note("old", 40) == 40)
      #expect(try await world.number("select count(*) as n from bus_state where key like 'floor:%'") == 1)
    }
  }

  @Test func theNameOfTheReadersIsTheSameInWhateverOrderTheyAreDeclared() {
    let (a, b) = (
      Topic("a", partitions: 2, groups: [.essential("x"), .observer("y")]), Topic("b", groups: [.essential("x")])
    )
    let turned = Topic("a", partitions: 2, groups: [.observer("y"), .essential("x")])
    #expect(FloorKeeper.readers(of: [a, b]) == FloorKeeper.readers(of: [b, turned]))
    #expect(FloorKeeper.readers(of: [a]) != FloorKeeper.readers(of: [a, b]))
    #expect(
      FloorKeeper.readers(of: [a]) != FloorKeeper.readers(of: [Topic("a", partitions: 2, groups: [.essential("x")])]))
  }
}
