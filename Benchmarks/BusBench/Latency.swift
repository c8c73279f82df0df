import BenchKit
import BusKit
import Foundation

/// One message at a time on an idle system: from sending to the handler in another process.
struct Latency: Sendable {
  private let options: Options
  private let messages: Int

  init(_ options: Options) throws {
    self.options = options
    messages = try options.count("messages", most: 1_000_000)
  }

  func measure() async throws {
    let handler = try Child("latency-child", options)
    _ = try await handler.expect("ready")
    try handler.begin()
    let note = String(repeating: "x", count: 210)
    try await options.client().run { client in
      for _ in 0..<messages {
        // A pause, so that the handler's side has acknowledged and waits again.
        try await Task.sleep(for: .milliseconds(3))
        try await client.publish(Stamp(sentAt: .now, note: note))
      }
    }
    let figures = try await handler.expect("figures")
    try await handler.stop()
    try report(try JSONDecoder().decode([String: Double].self, from: Data(figures.utf8)))
  }

  func runHandler() async throws {
    var consumer = Consumer(group: "bench-latency")
    let notes = Notes<Double>(wanted: messages)
    consumer.handle(Stamp.self) { stamp, _ in notes.add(stamp.sentAt.milliseconds) }
    let parent = Parent()
    try await parent.run(consumer, options) { _ in
      let figures = percentiles(try await notes.all())
      parent.say("figures " + String(decoding: try JSONEncoder().encode(figures), as: UTF8.self))
    }
  }
}
