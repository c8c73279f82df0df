import Foundation
import Synchronization
import TestKit
import Testing

@testable import Postgres

@Suite struct PostgresPoolTests {
  @Test func `An idle connection that the server ended is replaced before the body runs`() async throws {
    let server = try await PostgresServer.shared()
    try await withPool { pool async throws in
      let pid = try #require(try await pool.number("select pg_backend_pid() as n"))
      try await terminate(pid, server)
      let runs = Mutex(0)
      let fresh = try await pool.withSession { session in
        runs.withLock { $0 += 1 }
        return try session.execute("select pg_backend_pid() as n").rows.first?.int("n")
      }
      #expect(fresh != pid)
      #expect(runs.withLock { $0 } == 1)
    }
  }

  @Test func `A connection lost in a transaction commits nothing, and the pool recovers`() async throws {
    try await withPool(size: 2) { pool async throws in
      try await pool.withSession { try $0.script("create table t (n int)") }
      let error = await postgresError {
        try await pool.transaction { session in
          _ = try session.execute("insert into t values (1)")
          _ = try session.execute("select pg_terminate_backend(pg_backend_pid())")
        }
      }
      #expect(error?.isConnectionLoss == true)
      #expect(error?.code != .commitUnknown)
      #expect(try await pool.number("select count(*) as n from t") == 0)
    }
  }

  @Test func `A connection lost while the commit was on its way leaves the outcome unknown`() async throws {
    try await withPool { pool async throws in
      try await pool.withSession { session in
        try session.script(
          """
          create table t (n int);
          create function die() returns trigger language plpgsql as
            $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
          create constraint trigger last after insert on t deferrable initially deferred
            for each row execute function die();
          """)
      }
      let error = await postgresError { try await pool.transaction { try $0.enqueue("insert into t values (1)") } }
      #expect(error?.code == .commitUnknown)
      #expect(error?.isConnectionLoss == true)
      #expect(try await pool.number("select count(*) as n from t") == 0)
    }
  }

  @Test func `Waiting too long for a lock is a lock timeout`() async throws {
    try await withPool(size: 2, { $0.lockTimeout = .milliseconds(50) }) { pool async throws in
      try await pool.withSession { try $0.script("create table t (n int); insert into t values (1)") }
      let held = DispatchSemaphore(value: 0)
      let locked = Mutex(false)
      let holder = Task {
        try await pool.transaction { session in
          _ = try session.execute("select n from t for update")
          locked.withLock { $0 = true }
          held.wait()
        }
      }
      try await eventually { locked.withLock { $0 } }
      let error = await postgresError { _ = try await pool.execute("update t set n = 2") }
      held.signal()
      try await holder.value
      #expect(error?.isLockTimeout == true)
    }
  }

  @Test func `A deadlock is retryable for exactly one of the two`() async throws {
    try await withPool(size: 2) { pool async throws in
      try await pool.withSession { session in
        try session.script("create table t (n int primary key, v int); insert into t values (1, 0), (2, 0)")
      }
      let meeting = Meeting()
      async let forward = meeting.update([1, 2], pool)
      async let backward = meeting.update([2, 1], pool)
      let errors = await [forward, backward]
      #expect(errors.count { $0 == nil } == 1)
      #expect(errors.count { $0?.isRetryable == true } == 1)
      #expect(try await pool.number("select sum(v) as n from t") == 2)
    }
  }

  @Test func `Many callers share few connections`() async throws {
    try await withPool(size: 3) { pool async throws in
      let pids = try await withThrowingTaskGroup(of: Int64?.self) { group in
        for _ in 0..<200 { group.addTask { try await pool.number("select pg_backend_pid() as n") } }
        return try await group.reduce(into: Set<Int64?>()) { $0.insert($1) }
      }
      #expect(pids.count <= 3)
      #expect(!pids.contains(nil))
    }
  }

  @Test func `A caller that waits can be cancelled, one more than the limit is refused`() async throws {
    try await withPool(size: 1, waiterLimit: 1) { pool async throws in
      let held = DispatchSemaphore(value: 0)
      let running = Mutex(false)
      let holder = Task {
        try await pool.withSession { _ in
          running.withLock { $0 = true }
          held.wait()
        }
      }
      try await eventually { running.withLock { $0 } }
      let log = OutcomeLog()
      let waiters = [Task { await log.note(pool) }, Task { await log.note(pool) }]
      try await eventually { log.entries == ["limit"] }
      for waiter in waiters { waiter.cancel() }
      try await eventually { log.entries == ["limit", "CancellationError"] }
      held.signal()
      try await holder.value
    }
  }

  @Test func `A closed pool refuses, and close may come twice`() async throws {
    let pool = try await withPool { $0 }
    await pool.close()
    #expect(await postgresError { _ = try await pool.number("select 1 as n") }?.code == .closed)
  }

  @Test func `An unreachable server is a connection error without the password`() async throws {
    let configuration = PostgresConfiguration(
      conninfo: "host=/nonexistent dbname=energy", password: "hunter2", applicationName: "test")
    let pool = PostgresPool(configuration: configuration, size: 1)
    let error = await postgresError { _ = try await pool.number("select 1 as n") }
    await pool.close()
    #expect(error?.code == .connection)
    var dumped = ""
    dump(configuration, to: &dumped)
    let shown = [error?.description, configuration.description, dumped].compactMap { $0 }.joined()
    #expect(!shown.contains("hunter2"))
  }

  @Test func `A dropped pool leaves the server by itself`() async throws {
    let server = try await PostgresServer.shared()
    let name = "dropped-\(UUID().uuidString)"
    let conninfo = server.conninfo
    _ = try await PostgresPool(configuration: PostgresConfiguration(conninfo: conninfo, applicationName: name), size: 2)
      .number("select 1 as n")
    try await eventually {
      try await server.administer(
        "select 1 from pg_stat_activity where application_name = $1", [.text(name)]).rows.isEmpty
    }
  }

  /// Two transactions that each hold one row before either asks for the other's.
  private final class Meeting: Sendable {
    private let arrived = Mutex(0)

    func update(_ order: [Int], _ pool: PostgresPool) async -> PostgresError? {
      await postgresError {
        try await pool.transaction { session in
          let sql = "update t set v = v + 1 where n = $1"
          _ = try session.execute(sql, [.int(order[0])])
          self.arrived.withLock { $0 += 1 }
          while self.arrived.withLock({ $0 }) < 2 { usleep(1_000) }
          _ = try session.execute(sql, [.int(order[1])])
        }
      }
    }
  }

  /// How callers fared, in the order in which they were answered.
  private final class OutcomeLog: Sendable {
    private let list = Mutex<[String]>([])

    var entries: [String] { list.withLock { $0 } }

    func note(_ pool: PostgresPool) async {
      do {
        _ = try await pool.number("select 1 as n")
        list.withLock { $0.append("served") }
      } catch {
        let refused = (error as? PostgresError)?.code == .limit
        list.withLock { $0.append(refused ? "limit" : "\(type(of: error))") }
      }
    }
  }

  private func terminate(_ pid: Int64, _ server: PostgresServer) async throws {
    _ = try await server.administer("select pg_terminate_backend($1::int)", [.int(pid)])
    try await eventually {
      try await server.administer("select 1 from pg_stat_activity where pid = $1::int", [.int(pid)]).rows.isEmpty
    }
  }
}
