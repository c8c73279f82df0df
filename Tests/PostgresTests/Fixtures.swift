import Postgres
import TestKit

/// A fresh database and a pool on it, closed afterwards.
func withPool<T: Sendable>(
  size: Int = 1, waiterLimit: Int = 1000, _ configure: (inout PostgresConfiguration) -> Void = { _ in },
  _ body: (PostgresPool) async throws -> T
) async throws -> T {
  let conninfo = try await PostgresServer.shared().createDatabase()
  var configuration = PostgresConfiguration(conninfo: conninfo, applicationName: "test")
  configure(&configuration)
  let pool = PostgresPool(configuration: configuration, size: size, waiterLimit: waiterLimit)
  do {
    let value = try await body(pool)
    await pool.close()
    return value
  } catch {
    await pool.close()
    throw error
  }
}

/// The `PostgresError` that `body` throws; nil if it throws none or another error.
func postgresError(_ body: () async throws -> Void) async -> PostgresError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? PostgresError
  }
}

extension PostgresPool {
  func execute(_ sql: String, _ parameters: [PostgresValue] = []) async throws -> PostgresResult {
    try await withSession { try $0.execute(sql, parameters) }
  }

  /// The one integer that a query returns in column `n`.
  func number(_ sql: String) async throws -> Int64? {
    try await execute(sql).rows.first?.int("n")
  }
}
