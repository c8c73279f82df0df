import Foundation
import TestKit
import Testing

@testable import Postgres

/// A server that is there and says nothing, or says that it cannot write.
@Suite struct SilenceTests {
  /// A pool through a proxy that can lose bytes.
  private func withProxy(
    size: Int = 3, silenceMax: Duration, _ body: (PostgresPool, SilentProxy) async throws -> Void
  ) async throws {
    let server = try await PostgresServer.shared()
    let direct = try await server.createDatabase()
    let proxy = try SilentProxy(name: ".s.PGSQL.5432", upstream: "\(server.socketFolder)/.s.PGSQL.5432")
    let pool = PostgresPool(
      configuration: PostgresConfiguration(
        conninfo: proxy.conninfo(direct), applicationName: "test", connectTimeout: .seconds(2),
        silenceMax: silenceMax),
      size: size)
    do {
      try await body(pool, proxy)
    } catch {
      try proxy.stop()
      await pool.close()
      throw error
    }
    try proxy.stop()
    await pool.close()
  }

  /// Opens all of a pool's connections.
  private func fill(_ pool: PostgresPool, _ size: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<size { group.addTask { _ = try await pool.execute("select pg_sleep(0.3)") } }
      try await group.waitForAll()
    }
  }

  @Test func `A server that falls silent is given up, and the idle connections with it`() async throws {
    try await withProxy(silenceMax: .milliseconds(500)) { pool, proxy in
      try await fill(pool, 3)
      #expect(proxy.accepted == 3)
      proxy.fallSilent()
      let error = await postgresError { _ = try await pool.execute("select 1") }
      #expect(error?.code == .connection)
      #expect(error?.message.contains("said nothing for 500 ms") == true)
      proxy.recover()
      // None of the three is waited for once more: they would all be silent.
      #expect(try await pool.number("select 1 as n") == 1)
      try await fill(pool, 3)
      #expect(proxy.accepted == 6)
    }
  }

  @Test func `A commit that a silent server does not answer is of unknown outcome`() async throws {
    try await withProxy(size: 1, silenceMax: .milliseconds(500)) { pool, proxy in
      let error = await postgresError {
        try await pool.transaction { session in
          _ = try session.execute("create table t (n int)")
          proxy.fallSilent()
        }
      }
      #expect(error?.code == .commitUnknown)
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `A server that takes nothing of what is sent is given up`() async throws {
    try await withProxy(size: 1, silenceMax: .milliseconds(500)) { pool, proxy async throws in
      #expect(try await pool.number("select 1 as n") == 1)
      proxy.stopReading()
      // More than the sockets on the way hold.
      let long = PostgresValue.text(String(repeating: "x", count: 4 << 20))
      let error = await postgresError { _ = try await pool.execute("select length($1) as n", [long]) }
      #expect(error?.code == .connection)
      #expect(error?.message.contains("took nothing for 500 ms") == true)
    }
  }

  @Test func `Much is sent and much is answered at the same time`() async throws {
    try await withProxy(size: 1, silenceMax: .seconds(10)) { pool, _ in
      let long = PostgresValue.text(String(repeating: "x", count: 1 << 20))
      let lengths = try await pool.withSession { session in
        for _ in 0..<8 { try session.enqueue("select $1::text as t", [long]) }
        return try session.flush().map { try $0.rows.first?.string("t").utf8.count ?? 0 }
      }
      #expect(lengths == Array(repeating: 1 << 20, count: 8))
    }
  }

  @Test func `A long statement is waited for by whoever asks for patience, and by nobody else`() async throws {
    try await withPool(size: 1, { $0.silenceMax = .milliseconds(300) }) { pool async throws in
      let impatient = await postgresError { _ = try await pool.execute("select pg_sleep(1)") }
      #expect(impatient?.code == .connection)
      let rows = try await pool.withSession { session in
        try session.patiently { try session.execute("select pg_sleep(1)").rows.count }
      }
      #expect(rows == 1)
      // The patience ends with its body.
      #expect(await postgresError { _ = try await pool.execute("select pg_sleep(1)") }?.code == .connection)
    }
  }

  @Test func `Whoever sets a limit to the silence waits for so long, and the next as before`() async throws {
    try await withPool(size: 1) { pool async throws in
      let error = await postgresError {
        try await pool.withSession { session in
          _ = try session.withPatience(.milliseconds(300)) { try session.execute("select pg_sleep(2)") }
        }
      }
      #expect(error?.message.contains("said nothing for 300 ms") == true)
      let rows = try await pool.withSession { session throws -> Int in
        _ = try session.withPatience(.milliseconds(300)) { try session.execute("select 1") }
        return try session.execute("select pg_sleep(0.6)").rows.count
      }
      #expect(rows == 1)
    }
  }

  @Test func `What runs on when its client has given up is ended by the server`() async throws {
    let name = "gave-up-\(UUID().uuidString.prefix(8))"
    try await withPool(
      size: 1,
      {
        $0.silenceMax = .milliseconds(300)
        $0.applicationName = name
      }
    ) { pool async throws in
      _ = await postgresError { _ = try await pool.execute("select pg_sleep(25)") }
      let server = try await PostgresServer.shared()
      try await eventually(within: .seconds(15), "the statement has ended") {
        try await server.administer(
          "select pid from pg_stat_activity where application_name = $1 and query like '%pg_sleep(25)%'",
          [.text(name)]
        ).rows.isEmpty
      }
    }
  }

  @Test func `A file that may not grow is a failure of the storage, and an error of one's own is not`() async throws {
    try await withPool(size: 1) { pool async throws in
      let pid = try #require(try await pool.number("select pg_backend_pid() as n"))
      // Beyond a segment of the write-ahead log, which has its size from the beginning.
      // By the server itself, whose processes are its own.
      _ = try await PostgresServer.shared().administer(
        "copy (select 1) to program '/usr/bin/prlimit --pid \(pid) --fsize=\(20 << 20)'")
      let full = await postgresError {
        try await pool.withSession { session in
          try session.script(
            """
            create table t (filler text);
            alter table t alter filler set storage plain;
            insert into t select repeat('x', 7000) from generate_series(1, 4000)
            """)
        }
      }
      #expect(full?.sqlState == "XX000")
      #expect(full?.isStorageFailure == true)
      let own = await postgresError { _ = try await pool.execute("select 1 / 0") }
      #expect(own?.isStorageFailure == false)
    }
  }
}

@Suite struct UnreachableServerTests {
  @Test func `A server that is away is not asked by every caller`() async throws {
    let pool = PostgresPool(
      configuration: PostgresConfiguration(conninfo: "host=/tmp/no-server-here dbname=none", applicationName: "test"),
      size: 4)
    var refused = 0
    for _ in 0..<200 {
      let error = await postgresError { _ = try await pool.execute("select 1") }
      #expect(error?.code == .connection)
      if error?.message.contains("tried again within a second") == true { refused += 1 }
    }
    #expect(refused > 150)
    await pool.close()
  }
}
