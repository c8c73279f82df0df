import Foundation
import Postgres
import TestKit
import Testing

@testable import BusKit

/// The outbox goes by days: made ahead, dropped whole, and never with a message in it that was not sent.
struct OutboxPartitionTests {
  private let retention = Duration.seconds(48 * 3600)
  private let day = Duration.seconds(86_400)

  private func tables(_ world: StoreWorld) async throws -> [String] {
    try await world.texts(
      """
      select c.relname as t from pg_inherits join pg_class as c on c.oid = inhrelid
      where inhparent = 'outbox'::regclass order by 1
      """)
  }

  private func drop(_ world: StoreWorld) async throws -> OutboxPartitions.Drops {
    try await world.pool.transaction { try OutboxPartitions.dropOld(retention: retention, in: $0) }
  }

  /// A day of the past with its messages, which the default partition would hold otherwise.
  private func past(_ world: StoreWorld, _ record: OutboxRecord) async throws {
    try await world.insert([record])
    try await world.pool.transaction { try OutboxPartitions.makeAhead(in: $0) }
  }

  @Test func aRowGoesToItsDayAndOneWithoutADayIsTakenInAllTheSame() async throws {
    try await StoreWorld.run { world in
      let today = OutboxDay(of: try await world.now())
      let ahead = (0...3).map { OutboxDay(number: today.number + $0).table }
      #expect(try await tables(world) == ahead + ["outbox_default"])
      let (recent, old) = (try await world.record("new"), try await world.record("old", age: day * 10))
      try await world.insert([recent, old])
      #expect(try await world.number("select count(*) as n from \(today.table)") == 1)
      #expect(try await world.number("select count(*) as n from outbox_default") == 1)
      // Its day is made, and it moves there.
      try await world.pool.transaction { try OutboxPartitions.makeAhead(in: $0) }
      #expect(try await world.number("select count(*) as n from outbox_default") == 0)
      #expect(try await world.number("select count(*) as n from \(old.day.table)") == 1)
      #expect(try await world.number("select count(*) as n from outbox") == 2)
    }
  }

  @Test(arguments: [
    ("1969-12-31T23:59:59.999999Z", "1969-12-31"), ("1970-01-01T00:00:00Z", "1970-01-01"),
    ("2026-02-28T23:59:59.999999Z", "2026-02-28"), ("2026-03-01T00:00:00Z", "2026-03-01"),
  ])
  func theDayOfAMessageIsPostgresDay(time: String, text: String) async throws {
    try await StoreWorld.run { world in
      let row = try #require(
        try await world.execute(
          "select $1::timestamptz as at, ($1::timestamptz at time zone 'UTC')::date::text as day", [.text(time)]
        ).rows.first)
      #expect(try row.string("day") == text)
      #expect(OutboxDay(of: try row.date("at")).text == text)
    }
  }

  @Test func aDayIsDroppedWhenItIsOldAndAllOfItWasSentLongAgo() async throws {
    try await StoreWorld.run { world in
      try await world.compare(epoch: "e1")
      let record = try await world.record(age: day * 5)
      try await past(world, record)
      // Unsent: it stays, and is told of.
      #expect(try await drop(world) == .init(dropped: 0, withUnsent: [record.day.table]))
      // Sent a moment ago: it may have to be sent again.
      try await world.markSent([record])
      #expect(try await drop(world) == .init())
      try await world.execute("update outbox set sent_at = now() - interval '3 days'")
      #expect(try await drop(world) == .init(dropped: 1))
      #expect(!(try await tables(world)).contains(record.day.table))
      #expect(try await tables(world).count == 5)
    }
  }

  @Test func daysAreKeptByOneReplicaAtATimeAndNobodyWaits() async throws {
    try await StoreWorld.run { world in
      let record = try await world.record(age: day * 5)
      try await world.insert([record])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask { try await world.pool.transaction { try OutboxPartitions.makeAhead(in: $0) } }
        }
        try await group.waitForAll()
      }
      #expect(try await world.number("select count(*) as n from \(record.day.table)") == 1)
    }
  }

  @Test func aDayIsMadeThoughItsMessagesAreStillComingIn() async throws {
    try await StoreWorld.run { world in
      let today = OutboxDay(of: try await world.now())
      try await world.execute("drop table \(today.table)")
      let record = try await world.record()
      let isWritten = Flag(false)
      async let writing: Void = world.pool.transaction { session in
        try OutboxStore.enqueueInsert([.init(record: record)], grace: .zero, in: session)
        try session.flush()
        isWritten.value = true
        usleep(200_000)
      }
      try await eventually { isWritten.value }
      try await world.pool.transaction { try OutboxPartitions.makeAhead(in: $0) }
      try await writing
      #expect(try await world.number("select count(*) as n from \(today.table)") == 1)
      #expect(try await world.number("select count(*) as n from outbox_default") == 0)
    }
  }

  @Test func aDayWithAMessageForALaterTimeStaysWithoutAlarmUntilThatHasCome() async throws {
    try await StoreWorld.run { world in
      let record = try await world.record(age: day * 5)
      try await past(world, record)
      try await world.execute("update outbox_queue set due_at = now() + interval '1 day'")
      #expect(try await drop(world) == .init())
      #expect(try await tables(world).contains(record.day.table))
      try await world.execute("update outbox_queue set due_at = now() - interval '1 s'")
      #expect(try await drop(world) == .init(dropped: 0, withUnsent: [record.day.table]))
    }
  }

  @Test func whatTheDefaultPartitionHoldsIsDeletedWhenItIsOld() async throws {
    try await StoreWorld.run { world in
      let records = [try await world.record(age: day * 9), try await world.record(age: day * 9)]
      try await world.insert(records)
      try await world.compare(epoch: "e1")
      try await world.markSent([records[0]])
      try await world.execute(
        "update outbox set sent_at = now() - interval '3 days' where message_id = $1", [.uuid(records[0].envelope.id)])
      let deleted = try await world.pool.transaction {
        try OutboxPartitions.deleteFromDefault(retention: retention, limit: 10, in: $0)
      }
      #expect(deleted == 1)
      #expect(try await world.unsent() == 1)
    }
  }

  @Test func theRowsOfVersionOneAreCarriedOverAndItsProgramsGoOnWriting() async throws {
    try await StoreWorld.run(migrations: Array(BusMigrations.all.prefix(1))) { world in
      let insert = """
        insert into outbox (message_id, topic, stream_key, type, version, key, created_at, ttl_ms, correlation,
          causation, traceparent, reply_to, content_type, body, available_at, sent_at, stream_id)
        values ($1, 'test.events', 's', 'test.Told', 3, 'k', $2, 9, 'c', 'a', 'tp', 'r', 'application/json',
          '\\x00ff', $2, $3, $4)
        """
      let ids = (0..<3).map { _ in UUID.v7() }
      let (now, before) = (try await world.now(), try await world.now().addingTimeInterval(-86_400 * 4))
      try await world.execute(insert, [.uuid(ids[0]), .timestamp(before), .timestamp(now), "7-1"])
      try await world.execute(insert, [.uuid(ids[1]), .timestamp(now), .null, .null])
      let columns = """
        message_id, topic, stream_key, type, version, key, created_at, ttl_ms, correlation, causation, traceparent,
        reply_to, content_type, body, available_at, sent_at, stream_id
        """
      let rows = "select (\(columns))::text as t from outbox order by created_at"
      let old = try await world.texts(rows)
      try await world.migrate()
      #expect(try await world.texts(rows) == old)
      #expect(try await world.number("select count(*) as n from \(OutboxDay(of: before).table)") == 1)
      // A replica of the release before: it knows of no days.
      try await world.execute(insert, [.uuid(ids[2]), .timestamp(now), .null, .null])
      #expect(try await world.number("select count(*) as n from \(OutboxDay(of: now).table)") == 2)
      let due = try await world.pool.transaction { try OutboxStore.claimDue(limit: 9, grace: .seconds(2), in: $0) }
      #expect(due.records.map(\.envelope.id) == [ids[1], ids[2]])
      #expect(due.records.first?.envelope.body == [0, 255])
    }
  }
}
