import Foundation
import Postgres
import TestKit
import Testing

@testable import BusKit

/// Messages that wait in Postgres for a later try.
struct ParkedStoreTests {
  private func envelope(_ account: String = "a") throws -> Envelope {
    var envelope = try World.envelope(Add(account: account))
    // Postgres keeps microseconds.
    envelope.createdAt = Date(timeIntervalSince1970: 1_795_000_000.25)
    envelope.timeToLive = .seconds(90)
    envelope.replyTo = "somebody"
    return envelope
  }

  private func park(
    _ world: StoreWorld, _ envelope: Envelope, attempts: Int = 1, after wait: Wait = .after(.zero), reason: String = "r"
  ) async throws {
    try await world.pool.transaction {
      try ParkedStore.park(
        envelope, topic: "test.commands", partition: 2, attempts: attempts, wait: wait, reason: reason, in: $0)
    }
  }

  private func take(
    _ world: StoreWorld, limit: Int = 10, lease: Duration = .seconds(60),
    knowing versions: [String: Int] = [Add.messageType: 1]
  ) async throws -> [ParkedMessage] {
    try await world.pool.transaction {
      try ParkedStore.takeDue(
        versions, unknownGrace: .seconds(900), limit: limit, lease: lease, token: .v7(), in: $0)
    }
  }

  private func begin(
    _ world: StoreWorld, _ message: ParkedMessage?, keeping others: [ParkedMessage] = []
  ) async throws -> ParkedMessage? {
    let message = try #require(message)
    return try await world.pool.transaction {
      try ParkedStore.begin(message, keeping: others, lease: .seconds(60), in: $0)
    }
  }

  @Test func aMessageComesBackAsItWasWhenItsTimeHasCome() async throws {
    try await StoreWorld.run { world in
      let (now, later) = (try envelope("now"), try envelope("later"))
      try await park(world, now, attempts: 4, reason: "not \0 yet")
      try await park(world, later, after: .until(try await world.now().addingTimeInterval(0.4)))
      let taken = try await take(world)
      #expect(taken.map(\.envelope) == [now])
      let message = try #require(taken.first)
      #expect(message.topic == "test.commands")
      #expect(message.partition == 2)
      #expect(message.attempts == 4)
      #expect(message.reason == "not  yet")
      // Leased: nobody else gets it.
      #expect(try await take(world).isEmpty)
      try await eventually { try await take(world).map(\.envelope.id) == [later.id] }
    }
  }

  @Test func whatTheNextReleaseParkedIsLeftToItUntilNobodyHasTakenItForLong() async throws {
    try await StoreWorld.run { world in
      var newer = try envelope()
      newer.version = 2
      try await park(world, newer)
      #expect(try await take(world).isEmpty)
      #expect(try await take(world, knowing: [:]).isEmpty)
      #expect(try await take(world, lease: .zero, knowing: [Add.messageType: 2]).map(\.envelope) == [newer])
      try await world.execute("update parked set available_at = now() - interval '16 minutes'")
      #expect(try await take(world, knowing: [:]).map(\.envelope) == [newer])
    }
  }

  @Test func noMessageIsTakenTwiceBySeveralTakers() async throws {
    try await StoreWorld.run { world in
      for _ in 0..<40 { try await park(world, try envelope()) }
      let taken = try await withThrowingTaskGroup(of: [UUID].self) { group in
        for _ in 0..<8 { group.addTask { try await take(world, limit: 5).map(\.envelope.id) } }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(taken.count == 40)
      #expect(Set(taken).count == 40)
    }
  }

  @Test func whoeverLostItsLeaseEndsNothing() async throws {
    try await StoreWorld.run { world in
      try await park(world, try envelope())
      let first = try #require(try await take(world, lease: .zero).first)
      let second = try #require(try await take(world).first)
      #expect(try await begin(world, first) == nil)
      let outcomes = try await world.pool.transaction { session in
        [
          try ParkedStore.finish(first, in: session),
          try ParkedStore.postpone(first, .after(.zero), isAttempt: true, reason: "", in: session),
          try ParkedStore.finish(second, in: session),
        ]
      }
      #expect(outcomes == [false, false, true])
      #expect(try await world.number("select count(*) as n from parked") == 0)
    }
  }

  @Test func whatBeginsIsCountedAndKeepsTheLeasesOfThoseBehindIt() async throws {
    try await StoreWorld.run { world in
      for account in ["a", "b"] { try await park(world, try envelope(account)) }
      let taken = try await take(world, lease: .milliseconds(200))
      let begun = try #require(try await begin(world, taken.first, keeping: Array(taken.dropFirst())))
      #expect(begun.attempts == 2)
      try await Task.sleep(for: .milliseconds(250))
      #expect(try await take(world).isEmpty)
      #expect(try await world.texts("select attempts::text as t from parked order by 1") == ["1", "2"])
    }
  }

  @Test func whatEndsTheProcessDoesNotUseUpTheAttemptsOfThoseTakenWithIt() async throws {
    try await StoreWorld.run { world in
      for account in ["a", "b", "c"] { try await park(world, try envelope(account)) }
      for run in 1...5 {
        let taken = try await take(world, lease: .zero)
        #expect(taken.count == 3)
        // It dies here, five times.
        let begun = try await world.pool.transaction {
          try ParkedStore.begin(taken[0], keeping: Array(taken.dropFirst()), lease: .zero, in: $0)
        }
        #expect(begun?.attempts == 1 + run)
      }
      #expect(try await world.texts("select attempts::text as t from parked order by 1") == ["1", "1", "6"])
    }
  }

  @Test func aFailedRunIsAnAttemptAThrottledAndAReleasedOneAreNot() async throws {
    try await StoreWorld.run { world in
      try await park(world, try envelope(), attempts: 1)
      var message = try #require(try await begin(world, try await take(world).first))
      for (isAttempt, attempts, throttles) in [(true, 3, 0), (false, 3, 1), (true, 4, 1)] {
        let held = message
        _ = try await world.pool.transaction {
          try ParkedStore.postpone(held, .after(.zero), isAttempt: isAttempt, reason: "x", in: $0)
        }
        message = try #require(try await begin(world, try await take(world).first))
        #expect(message.attempts == attempts)
        #expect(message.throttles == throttles)
      }
      let held = message
      _ = try await world.pool.transaction {
        try ParkedStore.postpone(held, .after(.zero), isAttempt: true, reason: "x", in: $0)
      }
      let taken = try await take(world)
      try await world.pool.transaction { try ParkedStore.release(taken, begun: false, in: $0) }
      #expect(try await take(world).map(\.attempts) == [4])
    }
  }

  @Test func parkedTwiceItWaitsTheLongerTimeUnlessItRuns() async throws {
    try await StoreWorld.run { world in
      let envelope = try envelope()
      try await park(world, envelope, attempts: 3, after: .after(.seconds(100)))
      try await park(world, envelope, attempts: 1, reason: "again")
      #expect(try await take(world).isEmpty)
      let listed = try await world.pool.withSession { try ParkedStore.list(in: $0) }
      #expect(listed.map(\.attempts) == [3])
      #expect(listed.map(\.reason) == ["again"])
      try await world.execute("update parked set available_at = now()")
      let message = try #require(try await take(world).first)
      try await park(world, envelope, after: .after(.seconds(100)))
      let isFinished = try await world.pool.transaction { try ParkedStore.finish(message, in: $0) }
      #expect(isFinished)
    }
  }

  @Test func aWaitIsCutToTheLongest() async throws {
    try await StoreWorld.run { world in
      for wait in [Wait.after(.seconds(86_400 * 365)), .until(try await world.now().addingTimeInterval(1e9))] {
        try await park(world, try envelope(), after: wait)
      }
      let days = try await world.number(
        "select max(extract(epoch from available_at - now()) / 86400)::bigint as n from parked")
      #expect(days == 7)
    }
  }

  @Test(arguments: [
    (Wait.after(.seconds(-1)), Duration.zero), (.after(.seconds(3)), .seconds(3)),
    (.after(.seconds(1 << 40)), Wait.longest), (.until(Date(timeIntervalSince1970: 99)), .zero),
    (.until(Date(timeIntervalSince1970: 100.0625)), .milliseconds(63)),
    (.until(.distantFuture), Wait.longest), (.until(.distantPast), .zero),
  ])
  func aWaitIsNeverNegativeNorTooLong(wait: Wait, time: Duration) {
    #expect(wait.time(from: Date(timeIntervalSince1970: 100)) == time)
  }
}

struct StoreGaugesTests {
  @Test func whatWaitsIsCountedWithTheAgeOfItsOldest() async throws {
    try await StoreWorld.run { world in
      func read() async throws -> StoreGauges { try await world.pool.withSession { try StoreGauges.read($0) } }
      #expect(
        try await read() == StoreGauges(
          outboxUnsent: 0, outboxOldest: .zero, outboxDelayed: 0, outboxWithoutDay: 0, isResending: false, parked: 0,
          parkedOldest: .zero, effects: [], inboxRows: 0))
      let ages = [Duration.seconds(40), .seconds(86_400 * 9)]
      for age in ages { try await world.insert([try await world.record(age: age)]) }
      let sent = try await world.record()
      try await world.compare(epoch: "e1")
      try await world.insert([sent])
      try await world.markSent([sent])
      let later = try await world.now().addingTimeInterval(100)
      let delayed = OutboxStore.NewRow(record: try await world.record(), delayedUntil: later)
      try await world.pool.transaction { try OutboxStore.enqueueInsert([delayed], grace: .zero, in: $0) }
      try await world.execute("insert into inbox select gen_random_uuid(), '' from generate_series(1, 500)")
      try await world.execute("analyze inbox")
      try await world.pool.transaction {
        try ParkedStore.park(
          sent.envelope, topic: "t", partition: 0, attempts: 1, wait: .after(.seconds(9)), reason: "", in: $0)
        try EffectStore.enqueueInsert(
          [
            PendingEffect(
              id: .v7(), kind: "ring", orderKey: "k", payload: [], at: nil, correlation: "", traceparent: "")
          ],
          now: later, in: $0)
      }
      try await world.execute("update parked set first_parked_at = now() - interval '30 s'")
      let gauges = try await read()
      #expect(gauges.outboxUnsent == 2)
      #expect(gauges.outboxOldest >= .seconds(86_400 * 9))
      #expect(gauges.outboxDelayed == 1)
      #expect(gauges.outboxWithoutDay == 1)
      #expect(gauges.parked == 1)
      #expect(gauges.parkedOldest >= .seconds(30))
      #expect(gauges.effects.map(\.count) == [1])
      #expect(gauges.inboxRows == 500)
      try await world.compare(epoch: "e2")
      #expect(try await read().isResending)
    }
  }
}
