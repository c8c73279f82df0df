import Foundation
import Redis
import TestKit

@testable import BusKit

/// A Redis of a test's own and programs without a database on it.
struct DirectWorld: Sendable {
  let server: RedisServer
  let logger = JSONLog.logger(service: "direct", level: .critical)

  static func run(_ body: @Sendable (DirectWorld) async throws -> Void) async throws {
    let server = try await RedisServer.start()
    do {
      try await body(DirectWorld(server: server))
    } catch {
      try await server.stop()
      throw error
    }
    try await server.stop()
  }

  func client() -> BusClient { BusClient(redis: server.configuration, name: "test", logger: logger) }

  /// Times as short as they may be.
  static func options(_ change: (inout ConsumerOptions) -> Void = { _ in }) -> ConsumerOptions {
    var options = ConsumerOptions()
    options.lease = .seconds(1)
    options.sweep = .milliseconds(100)
    options.readBlock = .milliseconds(40)
    options.backoff = Backoff(first: .milliseconds(20), most: .milliseconds(100))
    options.attemptsMax = 3
    change(&options)
    return options
  }

  /// Consumes while `body` runs, then drains.
  func consuming(
    _ consumer: Consumer, _ body: @escaping @Sendable (BusClient, ConsumerRuntime) async throws -> Void
  ) async throws {
    try await client().run { client in
      let runtime = client.runtime(of: consumer)
      async let running: Void = runtime.run()
      do {
        try await body(client, runtime)
      } catch {
        runtime.stop()
        throw error
      }
      runtime.stop()
      try await running
    }
  }

  /// Pending, dead, and consumers of a group.
  func state(_ client: BusClient) async throws -> (pending: Int, dead: Int, consumers: Int) {
    let states = try await client.state(of: Parcel.topic)
    let groups = states.flatMap(\.groups).filter { $0.name == "direct" }
    return (groups.reduce(0) { $0 + $1.pending }, states.reduce(0) { $0 + $1.dead }, groups.flatMap(\.consumers).count)
  }
}

struct Parcel: Message, Equatable {
  static let messageType = "test.Parcel"
  static let topic = Topic("test.parcels", groups: [.essential("direct")], lengthMax: 5_000)
  let number: Int
  var messageKey: String { "\(number)" }
}

struct Letter: Message, Equatable {
  static let messageType = "test.Letter"
  static let topic = Parcel.topic
  let text: String
  var messageKey: String { text }
}

struct Unwilling: Error {}
