import Postgres
import TestKit

/// A stack's Postgres: one schema and role per service, and a superuser's look into all of them.
struct StackDatabase: Sendable {
  let server: PostgresServer
  let conninfo: String
  private let pool: PostgresPool

  static func start() async throws -> StackDatabase {
    let server = try await PostgresServer.start()
    let database = StackDatabase(server: server, conninfo: try await server.createDatabase())
    for kind in ServiceKind.allCases {
      let role = kind.schema
      try await database.execute("create role \(role) login connection limit 40")
      try await database.execute("create schema \(role) authorization \(role)")
      try await database.execute("alter role \(role) set search_path = \(role)")
    }
    return database
  }

  private init(server: PostgresServer, conninfo: String) {
    self.server = server
    self.conninfo = conninfo
    pool = PostgresPool(configuration: PostgresConfiguration(conninfo: conninfo, applicationName: "test"), size: 2)
  }

  /// For a service: no password, since the socket's owner trusts everybody.
  func conninfo(of kind: ServiceKind) -> String {
    conninfo.replacing("user=postgres", with: "user=\(kind.schema)")
  }

  @discardableResult
  func execute(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> [PostgresRow] {
    try await pool.withSession { try $0.execute(sql, parameters).rows }
  }

  /// The one number that the statement answers as `n`.
  func number(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> Int64 {
    guard let row = try await execute(sql, parameters).first else { throw TestKitError("no row from: \(sql)") }
    return try row.int("n")
  }

  func stop() async throws {
    await pool.close()
    try await server.stop()
  }
}
