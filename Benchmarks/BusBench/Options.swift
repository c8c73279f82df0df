import BusKit
import Logging
import Postgres
import Redis

/// A command and its `--name value` pairs.
struct Options: Sendable {
  let command: String
  /// What was given, to be handed on to a child.
  let words: [String]
  private let values: [String: String]

  init(_ arguments: [String]) throws {
    guard let command = arguments.first else { throw BenchFailure("no command: durable, latency or rpc") }
    self.command = command
    words = Array(arguments.dropFirst())
    var values: [String: String] = [:]
    var rest = words[...]
    while let name = rest.popFirst() {
      guard name.hasPrefix("--"), let value = rest.popFirst() else {
        throw BenchFailure("'\(name)' is not one of --name value")
      }
      values[String(name.dropFirst(2))] = value
    }
    self.values = values
  }

  func text(_ name: String) throws -> String {
    guard let value = values[name] else { throw BenchFailure("--\(name) is missing") }
    return value
  }

  func count(_ name: String, most: Int) throws -> Int {
    let text = try text(name)
    guard let value = Int(text), (1...most).contains(value) else {
      throw BenchFailure("--\(name) is '\(text)', not a number from 1 to \(most)")
    }
    return value
  }

  func seconds(_ name: String) throws -> Double {
    let text = try text(name)
    guard let value = Double(text), (0.1...600).contains(value) else {
      throw BenchFailure("--\(name) is '\(text)', not a number from 0.1 to 600")
    }
    return value
  }

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
