import BusKit
import Contracts
import Foundation
import Postgres
import Redis
import TestKit

/// A Redis, a database, and a service that stands in for order-svc: it fails on what a test tells it to.
struct BusWorld: Sendable {
  let redis: RedisServer
  let client: BusClient
  let refuses: Switch

  /// Acts on the amounts that it gets; as an effect when that is asked for.
  struct Count: Message {
    static let messageType = "test.Count"
    static let topic = Topic.orderCommands
    let key: String
    var isEffect = false
    var messageKey: String { key }
  }

  struct Counted: Event {
    static let messageType = "test.Counted"
    static let topic = Topic.orderEvents
    let aggregate: String
    var seq: Int64 = 1
  }

  struct CountOutside: Effect {
    static let kind = "count"
    let key: String
    var orderKey: String { key }
  }

  struct Refused: Error {}

  static func run(_ body: @escaping @Sendable (BusWorld) async throws -> Void) async throws {
    let redis = try await RedisServer.start(arguments: ["--stream-node-max-bytes", "32768", "--maxmemory", "256mb"])
    let conninfo = try await PostgresServer.shared().createDatabase()
    let refuses = Switch()
    var timing = BusTiming()
    timing.attemptsMax = 2
    timing.lease = .seconds(1)
    timing.sweep = .milliseconds(100)
    timing.aliveRenewal = .milliseconds(200)
    let configuration = ServiceConfiguration(
      redis: redis.configuration,
      postgres: PostgresConfiguration(conninfo: conninfo, applicationName: "order-svc", searchPath: "order_svc"),
      poolSize: 3, httpPort: 0, timing: timing, logger: JSONLog.logger(service: "order-svc", level: .critical))
    let client = BusClient(
      redis: redis.configuration, name: "energyctl", logger: JSONLog.logger(service: "energyctl", level: .critical))
    let runtime = ServiceRuntime(service(refuses), configuration)
    try await running(runtime) {
      try await client.run { client in
        for topic in [Topic.orderCommands, .operatorCommands(of: ServiceName.order)] {
          try await eventually("the service reads") {
            try await client.broker.state(of: topic).contains { !$0.groups.isEmpty }
          }
        }
        try await body(BusWorld(redis: redis, client: client, refuses: refuses))
      }
    }
    try await redis.stop()
  }

  private static func service(_ refuses: Switch) -> Service {
    var service = Service(name: ServiceName.order, schema: "order_svc", migrations: [])
    service.handle(Count.self) { count, unit in
      if count.isEffect { return try unit.start(CountOutside(key: count.key)) }
      if refuses.isOn { throw InvariantViolation("\(count.key) is refused") }
      try unit.publish(Counted(aggregate: count.key))
    }
    service.effect(CountOutside.self, policy: EffectPolicy(attemptsMax: 1)) { _, _ in
      if refuses.isOn { throw Refused() }
      return .done()
    }
    service.every("tally", .seconds(3_600)) { _ in }
    service.publishes([.orderEvents])
    service.auditsOperators()
    return service
  }

  func length(_ topic: Topic) async throws -> Int { try await client.broker.length(of: topic.streamKey(0)) }

  /// Types and outcomes of what the audit log is told.
  func audited() async throws -> [OperatorActed] {
    try await client.broker.peek(.gatewayCommands, partition: 0, after: nil, limit: 100).map {
      try MessageCoder.decode(OperatorActed.self, from: try $0.envelope().body)
    }
  }
}
