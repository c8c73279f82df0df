import Foundation
import Redis
import TestKit

/// Lends a connection to the shared server and closes it afterwards.
func withConnection<T: Sendable>(
  _ configure: (inout RedisConfiguration) -> Void = { _ in },
  _ body: (RedisConnection) async throws -> T
) async throws -> T {
  try await RedisServer.shared().withConnection(configure, body)
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

/// Returns when the server has begun the blocking command of the client with this id.
func untilBlocked(_ id: Int64, _ admin: RedisConnection) async throws {
  try await eventually(within: .seconds(10), "the client blocks") {
    let clients = try await admin.send(RedisCommand("CLIENT", "LIST", "ID", RedisWord(id))).string
    return clients?.contains("cmd=blpop") == true
  }
}
