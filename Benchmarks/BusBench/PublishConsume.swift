import BenchKit
import BusKit
import Foundation
import Redis
import Synchronization

/// Typed messages from one process to another: published, consumed, acknowledged.
struct PublishConsume: Sendable {
  private static let batch = 2_048
  private let options: Options
  private let messages: Int
  private let bytes: Int

  init(_ options: Options) throws {
    self.options = options
    messages = try options.count("messages", most: 10_000_000)
    bytes = try options.count("bytes", most: 4_096)
  }

  func measure() async throws {
    let consumer = try Child("publish-consume-child", options)
    _ = try await consumer.expect("ready")
    try consumer.begin()
    try await options.client().run { client in
      // The first message opens the connections and is not counted.
      try await client.publish(Parcel(-1, bytes: bytes))
      _ = try await consumer.expect("first")
      let start = Moment.now
      try await Self.publish(messages, bytes: bytes, to: client)
      _ = try await consumer.expect("all")
      let seconds = start.seconds
      try report([
        "messages": Double(messages), "seconds": seconds, "per_second": (Double(messages) / seconds).rounded(),
      ])
    }
    try await consumer.stop()
  }

  static func publish(_ messages: Int, bytes: Int, to client: BusClient) async throws {
    for start in stride(from: 0, to: messages, by: batch) {
      try await client.publish((start..<min(messages, start + batch)).map { Parcel($0, bytes: bytes) })
    }
  }

  func runConsumer() async throws {
    let count = Count()
    let parent = Parent()
    try await parent.run(Self.consumer(count), options) { client in
      while count.value < 1 { try await Task.sleep(for: .milliseconds(1)) }
      parent.say("first")
      try await Self.untilAcknowledged(messages + 1, count, client)
      guard count.sum == Int64(messages) * Int64(messages - 1) / 2 - 1 else {
        throw BenchFailure("\(count.value) messages came, but not each once")
      }
      parent.say("all")
    }
  }

  static func consumer(_ count: Count) -> Consumer {
    var consumer = Consumer(group: "bench-consumer")
    consumer.handle(Parcel.self) { parcel, _ in count.add(parcel.seq) }
    return consumer
  }

  /// Everything was handled, and the registry says that it was acknowledged.
  static func untilAcknowledged(_ messages: Int, _ count: Count, _ client: BusClient) async throws {
    while count.value < messages { try await Task.sleep(for: .milliseconds(1)) }
    while true {
      let state = try await client.state(of: Parcel.topic)
      if state.allSatisfy({ $0.groups.allSatisfy { $0.pending == 0 && $0.lag == 0 } }) { return }
      try await Task.sleep(for: .milliseconds(1))
    }
  }
}

/// How many messages a handler has seen, and the sum of their numbers: each once is exactly one sum.
final class Count: Sendable {
  private let state = Mutex((value: 0, sum: Int64(0)))
  var value: Int { state.withLock { $0.value } }
  var sum: Int64 { state.withLock { $0.sum } }
  func add(_ number: Int64) {
    state.withLock { state in
      state.value += 1
      state.sum += number
    }
  }
}
