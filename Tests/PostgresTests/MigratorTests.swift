import TestKit
import Testing

@testable import Postgres

@Suite struct MigratorTests {
  private let first = Migration(
    version: 1, name: "accounts", sql: "create table accounts (id int); insert into accounts values (1)")
  private let second = Migration(version: 2, name: "names", sql: "alter table accounts add column name text")

  @Test func `Migrations run once, in their schema, whoever starts first`() async throws {
    try await withPool(size: 4) { pool async throws in
      for migrations in [[first], [first, second]] {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<4 {
            group.addTask {
              try await Migrator.run(pool, schema: "order_svc", component: "bus", migrations: migrations)
            }
          }
          try await group.waitForAll()
        }
      }
      #expect(try await pool.execute("select * from order_svc.accounts").rows.map(\.columns) == [["id", "name"]])
      let history = try await pool.execute("select name from order_svc.schema_migrations order by version")
      #expect(try history.rows.map { try $0.string("name") } == ["accounts", "names"])
    }
  }

  @Test func `Components of one schema have histories of their own`() async throws {
    try await withPool { pool async throws in
      try await Migrator.run(pool, schema: "s", component: "bus", migrations: [first, second])
      let own = Migration(version: 1, name: "orders", sql: "create table orders ()")
      try await Migrator.run(pool, schema: "s", component: "orders", migrations: [own])
      #expect(try await pool.number("select count(*) as n from s.schema_migrations") == 3)
    }
  }

  @Test func `A schema newer than the program is refused`() async throws {
    try await withPool { pool async throws in
      try await Migrator.run(pool, schema: "s", component: "c", migrations: [first, second])
      let error = await postgresError {
        try await Migrator.run(pool, schema: "s", component: "c", migrations: [first])
      }
      #expect(error?.code == .migration)
    }
  }

  @Test func `A migration whose text changed is refused`() async throws {
    try await withPool { pool async throws in
      try await Migrator.run(pool, schema: "s", component: "c", migrations: [first])
      let changed = Migration(version: 1, name: "accounts", sql: "select 1")
      let error = await postgresError {
        try await Migrator.run(pool, schema: "s", component: "c", migrations: [changed])
      }
      #expect(error?.code == .migration)
    }
  }

  @Test func `A migration that fails leaves nothing behind and names itself`() async throws {
    try await withPool { pool async throws in
      let broken = Migration(version: 2, name: "broken", sql: "create table half (); select * from nowhere")
      let error = await postgresError {
        try await Migrator.run(pool, schema: "s", component: "c", migrations: [first, broken])
      }
      #expect(error?.sqlState == "42P01")
      #expect(error?.message.contains("broken") == true)
      #expect(try await pool.number("select count(*) as n from pg_namespace where nspname = 's'") == 0)
    }
  }

  @Test func `Versions that do not grow are refused`() async throws {
    try await withPool { pool async throws in
      let error = await postgresError {
        try await Migrator.run(pool, schema: "s", component: "c", migrations: [second, first])
      }
      #expect(error?.code == .migration)
    }
  }

  @Test func `A role that owns its schema needs no right on the database`() async throws {
    let server = try await PostgresServer.shared()
    let conninfo = try await server.createDatabase()
    let owner = PostgresPool(configuration: PostgresConfiguration(conninfo: conninfo, applicationName: "t"), size: 1)
    let role = "r_\(UInt32.random(in: 0 ... .max))"
    try await owner.withSession { try $0.script("create role \(role) login; create schema s authorization \(role)") }
    await owner.close()
    let limited = PostgresPool(
      configuration: PostgresConfiguration(
        conninfo: conninfo.replacing("user=postgres", with: "user=\(role)"), applicationName: "t"), size: 1)
    try await Migrator.run(limited, schema: "s", component: "c", migrations: [first, second])
    #expect(try await limited.number("select count(*) as n from s.accounts") == 1)
    await limited.close()
  }
}
