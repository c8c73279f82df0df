import Foundation
import TestKit
import Testing

@testable import Postgres

@Suite struct PostgresSessionTests {
  @Test func `A flush returns one result per statement, in order, over several round trips`() async throws {
    try await withPool { pool async throws in
      let (affected, total) = try await pool.withSession { session throws in
        try session.script("create table t (n bigint primary key); create index on t (n)")
        for number in 0..<2_500 { try session.enqueue("insert into t values ($1)", [.int(number)]) }
        let results = try session.flush()
        return (results.map(\.affected), try session.execute("select count(*) as n from t").rows.first?.int("n"))
      }
      #expect(affected == Array(repeating: 1, count: 2_500))
      #expect(total == 2_500)
    }
  }

  @Test func `COPY is refused, and the connection on which it was asked for is not used again`() async throws {
    try await withPool { pool async throws in
      let error = await postgresError { try await pool.withSession { try $0.script("copy (select 1) to stdout") } }
      #expect(error?.code == .misuse)
      #expect(try await pool.number("select 1 as n") == 1)
    }
  }

  @Test func `An error in a pipeline undoes its round trip and leaves the connection usable`() async throws {
    try await withPool { pool async throws in
      try await pool.withSession { try $0.script("create table t (n int primary key)") }
      let pid = try await pool.number("select pg_backend_pid() as n")
      let error = await postgresError {
        try await pool.withSession { session throws in
          try session.enqueue("insert into t values (1)")
          try session.enqueue("insert into t values (1)")
          try session.enqueue("insert into t values (2)")
          try session.flush()
        }
      }
      #expect(error?.isUniqueViolation == true)
      #expect(error?.constraint == "t_pkey")
      #expect(error?.table == "t")
      #expect(try await pool.number("select count(*) as n from t") == 0)
      #expect(try await pool.number("select pg_backend_pid() as n") == pid)
    }
  }

  @Test func `A statement whose preparation failed is prepared anew the next time`() async throws {
    try await withPool { pool async throws in
      let error = await postgresError { _ = try await pool.execute("select count(*) as n from later") }
      #expect(error?.sqlState == "42P01")
      _ = try await pool.execute("create table later ()")
      for _ in 0..<3 { #expect(try await pool.number("select count(*) as n from later") == 0) }
      let names = "select count(*) as n from pg_prepared_statements where statement like '%from later'"
      #expect(try await pool.number(names) == 1)
    }
  }

  @Test func `A changed table costs one error and no more`() async throws {
    try await withPool { pool async throws in
      try await pool.withSession { try $0.script("create table t (a int); insert into t values (1)") }
      #expect(try await pool.execute("select * from t").rows.first?.columns == ["a"])
      try await pool.withSession { try $0.script("alter table t add column b int") }
      let error = await postgresError { _ = try await pool.execute("select * from t") }
      #expect(error?.sqlState == "0A000")
      #expect(try await pool.execute("select * from t").rows.first?.columns == ["a", "b"])
    }
  }

  @Test func `More statement texts than are remembered still work`() async throws {
    try await withPool { pool async throws in
      try await pool.withSession { session throws in
        for number in 0..<(PreparedStatements.limit + 100) {
          #expect(try session.execute("select \(number) as n").rows.first?.int("n") == Int64(number))
        }
      }
      #expect(try await pool.number("select count(*) as n from pg_prepared_statements") ?? .max <= 1)
    }
  }

  @Test func `A transaction commits what it enqueued, and a throw undoes it`() async throws {
    struct Stop: Error {}
    try await withPool { pool async throws in
      try await pool.withSession { try $0.script("create table t (n int)") }
      try await pool.transaction { session in
        try session.enqueue("insert into t values (1)")
        _ = try session.execute("insert into t values (2)")
        try session.enqueue("insert into t values (3)")
      }
      await #expect(throws: Stop.self) {
        try await pool.transaction { session in
          _ = try session.execute("insert into t values (4)")
          try session.enqueue("insert into t values (5)")
          throw Stop()
        }
      }
      #expect(try await pool.execute("select n from t order by n").rows.map { try $0.int("n") } == [1, 2, 3])
    }
  }

  @Test func `Begin travels with the first statement and commit with the last`() async throws {
    try await withPool { pool async throws in
      try await pool.withSession { try $0.script("create table t (x xid8)") }
      let (idle, open) = try await pool.withSession { session throws in
        try session.transaction {
          let idle = session.hasOpenTransaction
          _ = try session.execute("insert into t values (pg_current_xact_id())")
          return (idle, session.hasOpenTransaction)
        }
      }
      #expect(!idle)
      #expect(open)
      #expect(try await pool.number("select count(*) as n from t") == 1)
    }
  }

  @Test func `A last statement that takes the commit with it is committed, and nothing can follow it`() async throws {
    try await withPool { pool async throws in
      _ = try await pool.execute("create table t (n int primary key)")
      let results = try await pool.transaction { session in
        try session.enqueue("insert into t values (1)")
        try session.enqueue("insert into t values (2)")
        return try session.flushCommitting().suffix(2).map(\.affected)
      }
      #expect(results == [1, 1])
      let late = await postgresError {
        try await pool.transaction { session in
          _ = try session.executeCommitting("insert into t values (3) returning n")
          _ = try session.execute("insert into t values (4)")
        }
      }
      #expect(late?.code == .misuse)
      let refused = await postgresError {
        try await pool.transaction { session in
          try session.enqueue("insert into t values (5)")
          _ = try session.executeCommitting("insert into t values (1)")
        }
      }
      #expect(refused?.isUniqueViolation == true)
      #expect(await postgresError { try await pool.withSession { _ = try $0.flushCommitting() } }?.code == .misuse)
      #expect(try await pool.number("select sum(n) as n from t") == 6)
    }
  }

  @Test func `A failure that the body hides is still no commit`() async throws {
    try await withPool { pool async throws in
      try await pool.withSession { try $0.script("create table t (n int primary key)") }
      let error = await postgresError {
        try await pool.transaction { session in
          _ = try session.execute("insert into t values (1)")
          do { _ = try session.execute("insert into t values (1)") } catch { #expect(error is PostgresError) }
        }
      }
      #expect(error?.sqlState == "25P02")
      #expect(try await pool.number("select count(*) as n from t") == 0)
    }
  }

  @Test func `A constraint checked at commit is the error of the transaction`() async throws {
    try await withPool { pool async throws in
      try await pool.withSession { session throws in
        try session.script("create table t (n int unique deferrable initially deferred); insert into t values (1)")
      }
      let error = await postgresError { try await pool.transaction { try $0.enqueue("insert into t values (1)") } }
      #expect(error?.isUniqueViolation == true)
      #expect(try await pool.number("select count(*) as n from t") == 1)
    }
  }

  @Test func `A transaction inside a transaction is refused, an open one left behind is rolled back`() async throws {
    try await withPool { pool async throws in
      let error = await postgresError { try await pool.transaction { session in try session.transaction {} } }
      #expect(error?.code == .misuse)
      try await pool.withSession { session throws in
        _ = try session.execute("begin")
        _ = try session.execute("create table gone ()")
      }
      #expect(try await pool.number("select count(*) as n from pg_tables where tablename = 'gone'") == 0)
    }
  }

  @Test func `What a body leaves enqueued is flushed, and its error is thrown`() async throws {
    try await withPool { pool async throws in
      try await pool.withSession { try $0.script("create table t (n int)") }
      try await pool.withSession { try $0.enqueue("insert into t values (1)") }
      #expect(try await pool.number("select count(*) as n from t") == 1)
      let error = await postgresError { try await pool.withSession { try $0.enqueue("insert into t values ('x')") } }
      #expect(error?.sqlState == "22P02")
    }
  }

  @Test func `An error shows neither DETAIL nor the value that the server quotes`() async throws {
    try await withPool { pool async throws in
      try await pool.withSession { try $0.script("create table t (mail text unique)") }
      let insert = "insert into t values ($1)"
      _ = try await pool.execute(insert, ["ada@example.org"])
      let duplicate = await postgresError { _ = try await pool.execute(insert, ["ada@example.org"]) }
      #expect(duplicate?.isUniqueViolation == true)
      #expect(duplicate?.description.contains("ada@") == false)
      let invalid = await postgresError { _ = try await pool.execute("select $1::bigint", ["ada@example.org"]) }
      #expect(invalid?.sqlState == "22P02")
      #expect(invalid?.description.contains("ada@") == false)
    }
  }

  @Test func `Settings of the configuration hold in every session`() async throws {
    let tune = { @Sendable (configuration: inout PostgresConfiguration) in
      configuration.searchPath = "order_svc, public"
      configuration.statementTimeout = .milliseconds(150)
    }
    try await withPool(tune) { pool async throws in
      let row = try #require(
        try await pool.execute(
          """
          select current_setting('search_path') as path, current_setting('lock_timeout') as lock,
            current_setting('application_name') as name, current_setting('idle_in_transaction_session_timeout') as idle
          """
        ).rows.first)
      #expect(try row.string("path") == "order_svc, public")
      #expect(try row.string("lock") == "3s")
      #expect(try row.string("name") == "test")
      #expect(try row.string("idle") == "5s")
      let error = await postgresError { _ = try await pool.execute("select pg_sleep(5)") }
      #expect(error?.isStatementTimeout == true)
    }
  }
}
