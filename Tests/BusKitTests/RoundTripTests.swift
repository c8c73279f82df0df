import Dispatch
import Foundation
import Logging
import Postgres
import Synchronization
import TestKit
import Testing

@testable import BusKit

/// What a transaction asks, and how often it waits for Postgres.
struct RoundTripTests {
  /// A runner that reaches Postgres over one connection, by way of a proxy that counts.
  private func run(_ body: (StoreWorld, UnitRunner, SilentProxy) async throws -> Void) async throws {
    try await StoreWorld.run { world in
      try await world.execute("create table notes (id text primary key, topic text not null, text text not null)")
      try await world.execute("create index notes_topic on notes (topic)")
      let folder = try await PostgresServer.shared().socketFolder
      let proxy = try SilentProxy(name: ".s.PGSQL.5432", upstream: "\(folder)/.s.PGSQL.5432")
      let single = StoreWorld(conninfo: world.conninfo, pool: StoreWorld.pool(proxy.conninfo(world.conninfo), size: 1))
      do {
        try await body(world, Self.runner(single.pool), proxy)
      } catch {
        await single.pool.close()
        try proxy.stop()
        throw error
      }
      await single.pool.close()
      try proxy.stop()
    }
  }

  private static func runner(_ pool: PostgresPool) -> UnitRunner {
    let publisher = Publisher(
      broker: MemoryBroker(), pool: pool, timing: BusTiming(), lengthMax: [:], logger: Logger(label: "test"),
      metrics: MetricsRegistry())
    return UnitRunner(
      pool: pool, publisher: publisher, effectsRecorded: {}, outboxGrace: .seconds(2), publishedTopics: ["test.events"])
  }

  private static func needs(_ key: String, _ topic: String) -> [Need] {
    [.row(Note.self, key), .rows(Note.self, where: "topic", is: topic)]
  }

  /// A message that writes a note and tells.
  private static func unit(_ key: String, topic: String = "t") throws -> PreparedUnit {
    PreparedUnit(cause: try World.envelope(Add(account: key)), needs: needs(key, topic)) { unit in
      let count = try unit.all(Note.self).count
      try unit.save(Note(id: key, topic: topic, text: "\(count)"))
      try unit.publish(Added(aggregate: key, seq: 1, total: count))
    }
  }

  @Test func aBatchATransactionAndAGroupTakeTwoRoundTripsEach() async throws {
    try await run { _, runner, proxy in
      let grouped = GroupedUnit(needs: Self.needs("g", "t"), correlation: "", traceparent: "", end: nil) {
        try $0.save(Note(id: "g\($0.now.timeIntervalSince1970)", topic: "t", text: ""))
      }
      let works: [@Sendable () async throws -> Void] = [
        { _ = try await runner.batch([try Self.unit(UUID().uuidString), try Self.unit(UUID().uuidString)]) },
        {
          try await runner.transaction(needs: Self.needs("a", "t"), correlation: "") {
            try $0.save(Note(id: UUID().uuidString, topic: "t", text: ""))
          }
        },
        { try await runner.alone(grouped) },
        {
          _ = try await runner.pool.transaction { session in
            try session.enqueuePlansByKey()
            return try session.executeCommitting("select count(*) as n from notes").rows.count
          }
        },
      ]
      var roundTrips: [Int] = []
      for work in works {
        // The columns' types are asked for once.
        try await work()
        let before = proxy.roundTrips
        try await work()
        roundTrips.append(proxy.roundTrips - before)
      }
      #expect(roundTrips == [2, 2, 2, 1])
    }
  }

  @Test func whatADuplicateNeedsNobodySees() async throws {
    try await run { world, runner, _ in
      let known = try Self.unit("known", topic: "old")
      #expect(try await runner.batch([known]).handled == 1)
      let seen = Mutex<[String]>([])
      let fresh = PreparedUnit(
        cause: try World.envelope(Add(account: "fresh")), needs: [.row(Note.self, "fresh")]
      ) { unit in
        seen.withLock { $0 = unit.workspace.tables["notes", default: [:]].keys.sorted() }
        try unit.save(Note(id: "fresh", topic: "", text: ""))
      }
      try await world.execute("insert into notes values ('fresh', '', 'was there')")
      let result = try await runner.batch([known, fresh])
      #expect(result.handled == 1)
      #expect(result.duplicates == 1)
      #expect(seen.withLock { $0 } == ["fresh"])
      #expect(try await world.texts("select text as t from notes order by id") == ["", "0"])
      #expect(try await runner.batch([known]).duplicates == 1)
    }
  }

  @Test func rowsNamedByKeyAndByColumnsAreReadTogetherAndLocked() async throws {
    try await run { world, runner, _ in
      try await world.execute(
        "insert into notes select 'n' || n, 't' || n % 3, '' from generate_series(1, 6) as n")
      let others = StoreWorld.pool(world.conninfo, size: 1)
      let (found, free) = try await runner.transaction(needs: Self.needs("n3", "t1"), correlation: "") { unit in
        let found = try unit.all(Note.self).map(\.id)
        let free = try Self.blocking {
          try await others.withSession { session in
            try session.execute("select id from notes for update skip locked").rows.map { try $0.string("id") }
          }
        }
        return (found, free.sorted())
      }
      #expect(found == ["n1", "n3", "n4"])
      #expect(free == ["n2", "n5", "n6"])
      await others.close()
    }
  }

  /// On the connection's own thread, which may wait.
  private static func blocking<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) throws -> T {
    let result = Mutex<Result<T, any Error>?>(nil)
    let done = DispatchSemaphore(value: 0)
    Task {
      do {
        let value = try await body()
        result.withLock { $0 = .success(value) }
      } catch {
        result.withLock { $0 = .failure(error) }
      }
      done.signal()
    }
    guard done.wait(timeout: .now() + 10) == .success, let found = result.withLock({ $0 }) else {
      throw TestKitError("the other session did not answer")
    }
    return try found.get()
  }

  @Test func theSweepsGraceCountsFromTheWritingOfAMessage() async throws {
    try await run { world, runner, _ in
      try await runner.transaction(needs: [], correlation: "") { unit in
        usleep(300_000)
        try unit.publish(Added(aggregate: "a", seq: 1, total: 1))
      }
      let milliseconds = try await world.number(
        """
        select (extract(epoch from outbox_queue.available_at - created_at) * 1000)::bigint as n
        from outbox_queue join outbox using (message_id)
        """)
      #expect(try #require(milliseconds) >= 2_300)
    }
  }
}
