import BenchKit
import BusKit
import Foundation
import Redis

/// Memory: of a consumer that has handled very many messages, and of the stream that they went through.
struct Soak: Sendable {
  private static let bytes = 256
  /// Long enough for the sweep to trim what has been handled.
  private static let rest: Duration = .seconds(5)
  private let options: Options
  private let messages: Int

  init(_ options: Options) throws {
    self.options = options
    messages = try options.count("messages", most: 10_000_000)
  }

  func measure() async throws {
    let consumer = try Child("soak-child", options)
    _ = try await consumer.expect("ready")
    try consumer.begin()
    try await options.client().run { client in
      let first = messages / 10
      try await PublishConsume.publish(first, bytes: Self.bytes, to: client)
      let start = try await consumer.expect("warm")
      try await PublishConsume.publish(messages - first, bytes: Self.bytes, to: client)
      let end = try await consumer.expect("all")
      try await Task.sleep(for: Self.rest)
      let state = try await client.state(of: Parcel.topic)
      try report([
        "messages": Double(messages), "consumer_rss_start_mb": Double(start) ?? -1,
        "consumer_rss_mb": Double(end) ?? -1,
        "stream_length": Double(state.reduce(0) { $0 + $1.length }),
        "stream_bytes": Double(state.reduce(0) { $0 + ($1.bytes ?? 0) }),
      ])
    }
    try await consumer.stop()
  }

  func runConsumer() async throws {
    let count = Count()
    let parent = Parent()
    try await parent.run(PublishConsume.consumer(count), options) { client in
      while count.value < messages / 10 { try await Task.sleep(for: .milliseconds(1)) }
      parent.say("warm \(try Self.residentMegabytes())")
      try await PublishConsume.untilAcknowledged(messages, count, client)
      parent.say("all \(try Self.residentMegabytes())")
    }
  }

  /// The process' own resident memory, as the kernel counts it.
  private static func residentMegabytes() throws -> Double {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
      let kilobytes = Double(line.dropFirst(6).trimmingCharacters(in: .letters.union(.whitespaces)))
    else { throw BenchFailure("/proc/self/status has no VmRSS") }
    return kilobytes / 1024
  }
}
