import Foundation
import Redis
import TestKit

/// Lends a connection to the shared server and closes it afterwards.
func withConnection<T: Sendable>(
  _ configure: (inout RedisConfiguration) -> Void = { _ in },
  _ body: (RedisConnection) async throws -> T
) async throws -> T {
  var configuration = try await RedisServer.shared().configuration
  configure(&configuration)
  let connection = RedisConnection(configuration: configuration)
  do {
    let value = try await body(connection)
    await connection.close()
    return value
  } catch {
    await connection.close()
    throw error
  }
}

func uniqueKey(_ name: String) -> String { "\(name):\(UUID().uuidString)" }

/// The code of the `RedisError` that `body` throws; nil if it throws none or another error.
func redisErrorCode(_ body: () async throws -> Void) async -> RedisError.Code? {
  do {
    try await body()
    return nil
  } catch {
    return (error as? RedisError)?.code
  }
}
