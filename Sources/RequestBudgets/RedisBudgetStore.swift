import Redis
import TronKit

/// Counts the requests of a key in Redis, for all replicas of all services that use it.
///
/// A target of its own: TronKit counts requests and knows no Redis, BusKit holds the connection and knows no TRON, and
/// the services that call nodes count in one bucket only if they run one script.
public struct RedisBudgetStore: BudgetStore {
  private static let script = RedisScript(SharedRequestBudget.script)
  private let redis: RedisConnection

  public init(redis: RedisConnection) { self.redis = redis }

  public func take(key: String, _ arguments: [Int64]) async throws -> [Int64?] {
    try await redis.run(Self.script, keys: [key], arguments: arguments.map { .init($0) }).array?.map(\.int) ?? []
  }
}
