import Redis
import TronKit

/// Counts the requests of a key in Redis, for all replicas.
struct RedisBudgetStore: BudgetStore {
  let redis: RedisConnection

  private static let script = RedisScript(SharedRequestBudget.script)

  func take(key: String, _ arguments: [Int64]) async throws -> [Int64?] {
    try await redis.run(Self.script, keys: [key], arguments: arguments.map { .init($0) }).array?.map(\.int) ?? []
  }
}

extension SharedRequestBudget {
  /// From now on the replicas see each other.
  func connect(_ redis: RedisConnection) { connect(RedisBudgetStore(redis: redis)) }
}
