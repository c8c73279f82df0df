import Foundation
import Redis
import TestKit
import Testing

@testable import BusKit

/// Topics that are full, long, or strange to a consumer.
@Suite struct DirectTopicTests {
  @Test func aFullTopicRefusesAndTakesAgainWhenItsGroupHasCaughtUp() async throws {
    try await DirectWorld.run { world in
      let seen = Diary<Int>()
      try await world.client().run { client in
        var stored = 0
        let failure = await #expect(throws: PublishFailure.self) {
          while stored < 20_000 {
            try await client.publish((0..<500).map { Parcel(number: stored + $0) })
            stored += 500
          }
        }
        #expect(failure?.refusals.first?.index == 0)
        #expect((5_000...6_000).contains(stored))
      }
      var consumer = Consumer(group: "direct", options: DirectWorld.options())
      consumer.handle(Parcel.self) { parcel, _ in seen.write(parcel.number) }
      try await world.consuming(consumer) { client, _ in
        try await eventually(within: .seconds(20)) {
          try await client.state(of: Parcel.topic).first?.length ?? 0 < 5_000
        }
        try await client.publish(Parcel(number: -1))
        try await eventually { seen.lines.contains(-1) }
      }
    }
  }

  /// Redis by itself would remove 10,000 entries at a time.
  @Test func whatIsHandledIsTrimmedHoweverMuchItIs() async throws {
    try await DirectWorld.run { world in
      let redis = RedisConnection(configuration: world.server.configuration)
      let fields = try World.envelope(Parcel(number: 1)).wireFields
      let command = RedisCommand(["XADD", .init(Parcel.topic.streamKey(0)), "*"] + fields)
      for _ in 0..<30 { _ = try await redis.pipeline(Array(repeating: command, count: 1_000)) }
      let seen = Diary<Int>()
      // The first sweep finds nothing handled; the second must remove nearly everything.
      var consumer = Consumer(group: "direct", options: DirectWorld.options { $0.sweep = .seconds(3) })
      consumer.handle(Parcel.self) { parcel, _ in seen.write(parcel.number) }
      try await world.consuming(consumer) { client, _ in
        try await eventually(within: .seconds(15)) { seen.lines.count == 30_000 }
        try await eventually(within: .seconds(5)) {
          try await client.state(of: Parcel.topic).first?.length ?? 0 < 1_000
        }
      }
      await redis.close()
    }
  }

  @Test func aGroupThatNoTopicDeclaresIsRefused() async throws {
    try await DirectWorld.run { world in
      try await world.client().run { client in
        var stranger = Consumer(group: "stranger")
        stranger.ignore(Parcel.self)
        let runtime = client.runtime(of: stranger)
        await #expect(throws: InvariantViolation.self) { try await runtime.run() }
      }
    }
  }
}
