import BenchKit
import BusKit
import Foundation

/// Questions to another process and their answers, so many at once.
struct Requests: Sendable {
  private let options: Options
  private let seconds: Double
  private let inFlight: Int

  init(_ options: Options) throws {
    self.options = options
    seconds = try options.seconds("seconds")
    inFlight = try options.count("in-flight", most: 10_000)
  }

  func measure() async throws {
    let answerer = try Child("rpc-child", options)
    _ = try await answerer.expect("ready")
    try answerer.begin()
    let client = try options.client()
    let start = Moment.now
    let times = try await client.run { client in
      try await withThrowingTaskGroup(of: [Double].self) { group in
        for asker in 0..<inFlight { group.addTask { try await ask(client, asker, since: start) } }
        return try await group.reduce(into: []) { $0 += $1 }
      }
    }
    let elapsed = start.seconds
    try await answerer.stop()
    try report(
      percentiles(times).merging(["per_second": (Double(times.count) / elapsed).rounded(), "seconds": elapsed]) { $1 })
  }

  /// One after the other until the time is up; the milliseconds of each.
  private func ask(_ client: BusClient, _ asker: Int, since start: Moment) async throws -> [Double] {
    var times: [Double] = []
    while start.seconds < seconds {
      let sent = Moment.now
      let number = asker + times.count
      guard try await client.ask(Echo(number: number)).number == number else {
        throw BenchFailure("question \(number) got another's answer")
      }
      times.append(sent.milliseconds)
    }
    return times
  }

  func runAnswerer() async throws {
    var consumer = Consumer(group: "bench-echo")
    consumer.answer(Echo.self) { Echo.Reply(number: $0.number) }
    try await Parent().run(consumer, options) { _ in }
  }
}
