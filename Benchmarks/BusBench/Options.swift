import BenchKit
import BusKit
import Logging
import Postgres
import Redis

/// The servers that the options name.
extension Options {
  func redis() throws -> RedisConfiguration {
    RedisConfiguration(address: .unix(path: try text("redis")), clientName: "bus-bench")
  }

  func client() throws -> BusClient {
    BusClient(redis: try redis(), name: "bench", logger: JSONLog.logger(service: "bench", level: .warning))
  }

  func postgres(schema: String) throws -> PostgresConfiguration {
    PostgresConfiguration(conninfo: try text("postgres"), applicationName: "bus-bench", searchPath: schema)
  }

  func service(_ service: Service) throws -> ServiceConfiguration {
    ServiceConfiguration(
      redis: try redis(), postgres: try postgres(schema: service.schema), httpPort: 0,
      logger: JSONLog.logger(service: service.name, level: .warning))
  }
}
