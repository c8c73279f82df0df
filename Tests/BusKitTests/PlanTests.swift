import Foundation
import Postgres
import TestKit
import Testing

@testable import BusKit

/// A connection keeps the plans it made while its tables were small. They must be good for large ones, and nobody
/// analyses a table in time that takes ten thousand rows a second.
struct PlanTests {
  /// Rows and index entries read so far, by whatever plan.
  private func reads(_ world: StoreWorld, _ table: String) async throws -> Int64 {
    try await world.pool.withSession { session in
      _ = try session.execute("select pg_stat_force_next_flush()")
      _ = try session.execute("select 1")
      let row = try session.execute(
        """
        select (select coalesce(sum(seq_tup_read), 0) from pg_stat_user_tables where relname like $1)
          + (select coalesce(sum(idx_tup_read), 0) from pg_stat_user_indexes where relname like $1) as n
        """, [.text(table)]
      ).rows.first
      return try row?.int("n") ?? -1
    }
  }

  /// One connection, so that the plan is the one made at first.
  private func alone(_ body: (StoreWorld) async throws -> Void) async throws {
    try await StoreWorld.run { world in
      let single = StoreWorld(conninfo: world.conninfo, pool: StoreWorld.pool(world.conninfo, size: 1))
      try await body(single)
      await single.pool.close()
    }
  }

  @Test func markingAFewOfManyUnsentMessagesReadsAFew() async throws {
    try await alone { world in
      try await world.compare(epoch: "e1")
      for _ in 0..<10 {
        let record = try await world.record()
        try await world.insert([record])
        try await world.markSent([record])
      }
      let one = try await world.record()
      let many = (0..<4_000).map { _ in
        var envelope = one.envelope
        envelope.id = .v7()
        return OutboxRecord(envelope: envelope, topicName: "t", streamKey: "s", isTransient: false)
      }
      try await world.insert(many)
      let before = try await reads(world, "outbox%")
      try await world.markSent(Array(many.prefix(50)))
      let read = try await reads(world, "outbox%") - before
      #expect((50...500).contains(read), "it read \(read) rows and index entries")
      #expect(try await world.number("select count(*) as n from outbox_queue") == 3_950)
    }
  }

  @Test func withdrawingAFewOfManyEffectsReadsAFew() async throws {
    try await alone { world in
      func start(_ keys: [String]) async throws {
        let now = try await world.now()
        let effects = keys.map {
          PendingEffect(id: .v7(), kind: "k", orderKey: $0, payload: [], at: nil, correlation: "", traceparent: "")
        }
        try await world.pool.transaction { try EffectStore.enqueueInsert(effects, now: now, in: $0) }
      }
      func withdraw(_ keys: [String]) async throws {
        try await world.pool.transaction { session in
          try session.enqueuePlansByKey()
          try EffectStore.enqueueWithdrawals(Set(keys.map { EffectWithdrawal(kind: "k", orderKey: $0) }), in: session)
        }
      }
      for _ in 0..<10 {
        try await start(["a", "b"])
        try await withdraw(["a", "b"])
      }
      try await start((0..<4_000).map { "key\($0)" })
      let before = try await reads(world, "effects")
      try await withdraw((0..<50).map { "key\($0 * 70)" })
      let read = try await reads(world, "effects") - before
      #expect((50...500).contains(read), "it read \(read) rows and index entries")
      #expect(try await world.number("select count(*) as n from effects") == 3_950)
    }
  }

  /// How often the connection planned statements with these words for their values.
  private func plannings(_ world: StoreWorld, _ words: String) async throws -> Int64? {
    try await world.number(
      "select coalesce(sum(custom_plans), -1)::bigint as n from pg_prepared_statements where statement like '\(words)'")
  }

  @Test func needsAreReadByTheirIndexesWithAPlanThatIsMadeOnce() async throws {
    try await alone { world in
      try await world.execute("create table notes (id text primary key, topic text not null, text text not null)")
      // Both hold a column that is not their first.
      try await world.execute("create index notes_topic on notes (topic, id)")
      try await world.execute("create index notes_text on notes (text, topic)")
      func read(_ number: Int) async throws -> Int {
        let needs: [[Need]] = [
          [.row(Note.self, "n\(number)")], [.rows(Note.self, where: "topic", is: "t\(number)")],
          [.row(Note.self, "n\(number)"), .rows(Note.self, where: "topic", is: "t\(number + 1)")],
        ]
        return try await world.pool.transaction { session in
          try session.enqueuePlansAndClock()
          let workspace = Workspace()
          for needs in needs {
            let rows = NeededRows(needs)
            try rows.enqueue(in: session)
            try rows.place(session.answers(to: rows.count)[...], into: workspace)
          }
          return workspace.tables[Note.table]?.count ?? 0
        }
      }
      // What an analysis of a small table makes of it.
      try await world.execute("insert into notes select 'n' || n, 't' || n, '' from generate_series(1, 3) as n")
      try await world.execute("analyze notes")
      for _ in 0..<10 { #expect(try await read(1) == 2) }
      try await world.execute(
        "insert into notes select 'n' || n, 't' || n, '' from generate_series(4, 50000) as n")
      let before = try await reads(world, "notes")
      for number in 1...10 { #expect(try await read(number * 4_000) == 2) }
      let read = try await reads(world, "notes") - before
      #expect((20...200).contains(read), "it read \(read) rows and index entries")
      #expect(try await plannings(world, "select * from notes%") == 0)
    }
  }

  @Test func aQueueThatWasAnalysedWhileItWasEmptyIsMarkedAndClaimedByItsIndexes() async throws {
    try await alone { world in
      try await world.compare(epoch: "e1")
      try await world.execute("analyze outbox_queue")
      for _ in 0..<10 {
        let record = try await world.record()
        try await world.insert([record])
        try await world.pool.transaction { session in
          _ = try OutboxStore.claimDue(limit: 10, grace: .seconds(60), in: session)
        }
        try await world.markSent([record], arePrompt: true)
      }
      // Delayed, all of them.
      try await world.execute(
        """
        insert into outbox_queue
        select gen_random_uuid(), current_date, now(), now() + interval '1 h' from generate_series(1, 20000)
        """)
      let record = try await world.record()
      try await world.insert([record])
      let before = try await reads(world, "outbox_queue")
      let claimed = try await world.pool.transaction { session in
        try OutboxStore.claimDue(limit: 10, grace: .seconds(60), in: session)
      }
      #expect(claimed.count == 1)
      try await world.markSent([record], arePrompt: true)
      let read = try await reads(world, "outbox_queue") - before
      #expect((2...50).contains(read), "it read \(read) rows and index entries")
    }
  }

  @Test func effectsThatWereAnalysedWhileThereWereNoneEndByTheirKeys() async throws {
    try await alone { world in
      func end(_ effects: [EffectEnd]) async throws -> Int {
        try await world.pool.transaction { session in
          try session.enqueuePlansAndClock()
          return try session.answers(to: 1 + EffectStore.enqueueEnds(effects, in: session))[1].rows.count
        }
      }
      try await world.execute("analyze effects")
      for _ in 0..<10 { #expect(try await end([EffectEnd(effect: .v7(), token: .v7(), again: nil)]) == 0) }
      let (id, token) = (UUID.v7(), UUID.v7())
      try await world.execute(
        """
        insert into effects (id, kind, order_key, payload, correlation, next_at, lease_token)
        select case n when 1 then $1::uuid else gen_random_uuid() end, 'ring', n::text, '', '', now(), $2
        from generate_series(1, 5000) as n
        """, [.uuid(id), .uuid(token)])
      let before = try await reads(world, "effects")
      #expect(try await end([EffectEnd(effect: id, token: token, again: nil)]) == 1)
      let read = try await reads(world, "effects") - before
      #expect((1...50).contains(read), "it read \(read) rows and index entries")
      #expect(try await world.number("select count(*) as n from effects") == 4_999)
    }
  }

  @Test func changingAFewOfManyRowsReadsAFew() async throws {
    try await alone { world in
      try await world.execute("create table notes (id text primary key, topic text not null, text text not null)")
      let writer = RowWriter()
      func save(_ ids: [String], old: Bool) async throws {
        try await world.pool.transaction { session in
          try session.enqueuePlansByKey()
          let workspace = Workspace()
          if old {
            for id in ids { try workspace.place(Note(id: id, topic: "", text: ""), table: Note.table, key: id) }
          }
          workspace.begin([.all(Note.self)])
          for id in ids { try workspace.save(Note(id: id, topic: "t", text: "changed")) }
          try writer.enqueue(workspace.tables, in: session)
        }
      }
      try await save(["a", "b"], old: false)
      for _ in 0..<10 { try await save(["a", "b"], old: true) }
      try await world.execute("insert into notes select 'n' || n, '', '' from generate_series(1, 5000) as n")
      let before = try await reads(world, "notes")
      try await save((1...50).map { "n\($0 * 90)" }, old: true)
      let read = try await reads(world, "notes") - before
      #expect((50...500).contains(read), "it read \(read) rows and index entries")
      #expect(try await world.number("select count(*) as n from notes where text = 'changed'") == 52)
    }
  }

  @Test func whatIsDueIsFoundByIndexesWithThePlanOfEmptyTables() async throws {
    try await alone { world in
      func due() async throws -> DueWork { try await world.pool.withSession { try DueWork.read(["ring"], in: $0) } }
      for table in ["outbox_queue", "effects", "parked"] { try await world.execute("analyze \(table)") }
      let nothing = DueWork(hasMessages: false, hasEffects: false, hasParked: false)
      for _ in 0..<10 { #expect(try await due() == nothing) }
      // None of them is due.
      try await world.execute(
        """
        insert into outbox_queue
        select gen_random_uuid(), current_date, now(), now() + interval '1 h' from generate_series(1, 20000)
        """)
      try await world.execute(
        """
        insert into effects (id, kind, order_key, payload, correlation, next_at)
        select gen_random_uuid(), case n % 2 when 0 then 'ring' else 'other' end, n::text, '', '',
          now() + interval '1 h' from generate_series(1, 5000) as n
        """)
      try await world.execute(
        """
        insert into parked (message_id, topic, partition, type, version, key, created_at, correlation, causation,
          traceparent, reply_to, content_type, body, attempts, reason, available_at)
        select gen_random_uuid(), 't', 0, 't', 1, 'k', now(), '', '', '', '', '', '', 1, '', now() + interval '1 h'
        from generate_series(1, 5000) as n
        """)
      let tables = ["outbox_queue", "effects", "parked"]
      var before: [Int64] = []
      for table in tables { before.append(try await reads(world, "\(table)%")) }
      #expect(try await due() == nothing)
      for (table, before) in zip(tables, before) {
        let read = try await reads(world, "\(table)%") - before
        #expect((0...20).contains(read), "it read \(read) rows and index entries of \(table)")
      }
      #expect(try await plannings(world, "select (%outbox_queue%lateral%parked%") == 0)
    }
  }
}
