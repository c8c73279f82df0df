import Dispatch
import Foundation
import Postgres
import Redis
import TestKit
import Testing

@testable import BusKit
@testable import BusProbe

/// Bad days of Redis and of Postgres: deposits keep coming, two replicas handle them, and after each of these every
/// deposit has had exactly one effect.
struct BadDayTests {
  /// Two ledgers and an auditor, and deposits for as long as `body` runs.
  private func onABadDay(
    redis arguments: [String] = [], ownPostgres: Bool = false, replyTimeout: Duration = .seconds(5),
    _ body: (World, Deposits) async throws -> Void
  ) async throws {
    let own: PostgresServer? =
      ownPostgres ? try await PostgresServer.start(settings: ["synchronous_commit=on"]) : nil
    do {
      try await World.run(redis: arguments, postgres: own) { world in
        try await Deposits.run(world) { deposits in
          let timing = Probe.timing(attemptsMax: 100)
          for service in [Probe.ledger(.none), Probe.ledger(.none), Probe.auditor()] {
            try await world.start(service, timing: timing, replyTimeout: replyTimeout)
          }
          try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
              while !Task.isCancelled { try await deposits.publish(10, pause: .milliseconds(5)) }
            }
            do {
              try await body(world, deposits)
            } catch {
              group.cancelAll()
              throw error
            }
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
          }
          try await deposits.settle()
        }
      }
    } catch {
      try await own?.stop()
      throw error
    }
    try await own?.stop()
  }

  private func pause(_ time: Duration) async throws { try await Task.sleep(for: time) }

  @Test func redisForgetsEverythingAgainAndAgain() async throws {
    try await onABadDay { world, deposits in
      for _ in 0..<4 {
        let before = try await deposits.handled()
        try await eventually { try await deposits.handled() > before }
        _ = try await world.redis.send(RedisCommand("FLUSHALL"))
      }
      try await pause(.milliseconds(200))
    }
  }

  @Test func connectionsAndScriptsAreKilledWhileMessagesMove() async throws {
    try await onABadDay { world, deposits in
      for round in 0..<25 {
        let kind = ["normal", "replica", "pubsub"][round % 5 > 2 ? 0 : round % 3]
        _ = try await world.redis.send(RedisCommand("CLIENT", "KILL", "TYPE", .init(kind), "SKIPME", "yes"))
        _ = try await world.redis.send(RedisCommand("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"))
        if round % 3 == 0 { _ = try await world.redis.send(RedisCommand("SCRIPT", "FLUSH")) }
        try await pause(.milliseconds(Int64.random(in: 5...80)))
      }
      #expect(try await deposits.handled() > 0)
    }
  }

  @Test func redisIsKilledAndComesBackWithItsAppendOnlyFile() async throws {
    try await onABadDay(redis: ["--appendfsync", "everysec"]) { world, deposits in
      for _ in 0..<2 {
        try await eventually { try await deposits.handled() > 0 }
        try await world.server.kill9()
        try await pause(.milliseconds(300))
        try await world.server.restart()
        try await pause(.milliseconds(400))
      }
    }
  }

  @Test func redisStandsStillLongerThanAnybodyWaits() async throws {
    try await onABadDay(redis: ["--enable-debug-command", "local"], replyTimeout: .milliseconds(400)) { world, _ in
      try await pause(.milliseconds(200))
      // The lease is a second: it runs out while nobody can renew it.
      _ = try await world.redis.send(RedisCommand("DEBUG", "SLEEP", "1.5"))
      try await pause(.milliseconds(300))
      let pid = try await world.redisProcess()
      #expect(kill(pid, SIGSTOP) == 0)
      try await pause(.milliseconds(1_200))
      #expect(kill(pid, SIGCONT) == 0)
      try await pause(.milliseconds(200))
    }
  }

  @Test func redisIsFull() async throws {
    try await onABadDay { world, deposits in
      try await eventually { try await deposits.handled() > 0 }
      _ = try await world.redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "1mb"))
      try await eventually("writes are refused") {
        do {
          _ = try await world.redis.send(RedisCommand("XADD", "probe:full", "*", "a", "b"))
          return false
        } catch let error as RedisServerError where error.prefix == "OOM" {
          return true
        }
      }
      let before = try await deposits.number("select count(*) as n from source.outbox where sent_at is null")
      // What cannot be sent waits in the outbox.
      try await eventually {
        try await deposits.number("select count(*) as n from source.outbox where sent_at is null") > before + 20
      }
      _ = try await world.redis.send(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
    }
  }

  @Test func redisCannotWriteToItsDisk() async throws {
    // Snapshots to a name that is a folder fail, and with a snapshot failed Redis refuses every write.
    try await onABadDay(redis: ["--dbfilename", "blocked"]) { world, deposits in
      try await eventually { try await deposits.handled() > 0 }
      let reply = try await world.redis.send(RedisCommand("CONFIG", "GET", "dir"))
      let folder = try #require(reply.array?.last?.string) + "/blocked"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
      _ = try await world.redis.send(RedisCommand("CONFIG", "SET", "save", "3600 1000000"))
      _ = try await world.redis.send(RedisCommand("BGSAVE"))
      try await eventually("writes are refused") {
        do {
          _ = try await world.redis.send(RedisCommand("XADD", "probe:disk", "*", "a", "b"))
          return false
        } catch let error as RedisServerError where error.prefix == "MISCONF" {
          return true
        }
      }
      try await pause(.milliseconds(500))
      _ = try await world.redis.send(RedisCommand("CONFIG", "SET", "save", ""))
      try FileManager.default.removeItem(atPath: folder)
    }
  }

  @Test func postgresCrashesAndComesBack() async throws {
    try await onABadDay(ownPostgres: true) { world, deposits in
      for _ in 0..<2 {
        let before = try await deposits.handled()
        try await eventually { try await deposits.handled() > before }
        try await world.postgres.stopImmediately()
        try await pause(.milliseconds(300))
        try await world.postgres.restart()
        try await pause(.milliseconds(300))
      }
    }
  }

  @Test func postgresSessionsEndAtRandomMoments() async throws {
    try await onABadDay { world, deposits in
      let database = try #require(world.conninfo.split(separator: " ").first { $0.hasPrefix("dbname=") }).dropFirst(7)
      for _ in 0..<40 {
        _ = try await world.postgres.administer(
          """
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = $1 and application_name <> 'deposits' and random() < 0.3
          """, [.text(String(database))])
        try await pause(.milliseconds(Int64.random(in: 10...60)))
      }
      #expect(try await deposits.handled() > 0)
    }
  }

  @Test func replicasWithOppositeBatchesDoNotLockEachOtherUp() async throws {
    try await onABadDay { world, deposits in
      let accounts = (0..<40).map { "x\($0)" }
      // New rows and known ones, met by both replicas in whatever order.
      for _ in 0..<60 { try await deposits.publish(10, accounts: accounts.shuffled()) }
      try await eventually(within: .seconds(30)) {
        try await deposits.number(
          "select coalesce(sum(handled), 0)::bigint as n from ledger.accounts where id like 'x%'") == 600
      }
      #expect(
        try await deposits.number(
          "select deadlocks as n from pg_stat_database where datname = current_database()") == 0)
    }
  }

  @Test func aGroupThatIsGoneWhileAMessageIsHandledIsMadeAgain() async throws {
    try await World.run { world in
      let gate = DispatchSemaphore(value: 0)
      let runs = Diary<String>()
      let counter = try await world.start(
        World.counter { if runs.write($0.account) == 1 { _ = gate.wait(timeout: .now() + 10) } })
      try await world.send(Add(account: "a"))
      try await eventually { runs.lines.count == 1 }
      // Long enough that the next thing its consumer does is to look for what others left behind.
      try await pause(World.timing.sweep * 2)
      _ = try await world.redis.send(RedisCommand("FLUSHALL"))
      gate.signal()
      try await eventually { try await counter.account("a")?.handled == 1 }
      try await world.send(Add(account: "b"))
      try await eventually { try await counter.account("b")?.handled == 1 }
      #expect(try await counter.account("a")?.handled == 1)
    }
  }
}

extension World {
  func redisProcess() async throws -> Int32 {
    let info = try await redis.send(RedisCommand("INFO", "server")).string ?? ""
    let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("process_id:") }
    guard let pid = line.flatMap({ Int32($0.dropFirst(11)) }) else {
      throw TestKitError("Redis does not tell its process id.")
    }
    return pid
  }
}
