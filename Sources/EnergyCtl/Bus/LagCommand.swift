import ArgumentParser
import BusKit

struct LagCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lag", abstract: "How far each group is behind.",
    discussion: """
      lag: not read yet. pending: read and not acknowledged. A lag of ? is unknown until the group has read everything \
      once.
      """)
  @OptionGroup var topics: TopicOptions
  @Flag(help: "Look again and again, until interrupted.") var watch = false
  @Option(help: "Seconds between two looks of --watch.") var interval = 2
  @Flag(help: "Print JSON; with --watch one line for each look.") var json = false
  @OptionGroup var bus: BusOptions

  func run() async throws {
    let topics = try topics.topics()
    let pause = try Limits.check(interval, "--interval", in: 1...3_600)
    let (json, watch) = (json, watch)
    try await bus.withBus { client in
      while true {
        let report = try await LagReport.gather(topics, client.broker)
        // Home and clear: a table that stands still.
        if watch && !json { print("\u{1B}[H\u{1B}[2J", terminator: "") }
        try show(report, json: json)
        guard watch else { return }
        try await Task.sleep(for: .seconds(pause))
      }
    }
  }
}

struct LagReport: Report {
  struct Line: Encodable, Sendable, Equatable {
    let topic: String
    let partition: Int
    let group: String
    /// `essential`, `observer`, `undeclared`, or `missing`: declared, and has never read.
    let role: String
    let lag: Int?
    let pending: Int
    let oldest_pending_ms: Int64?
    let consumers: Int
  }

  let groups: [Line]

  static func gather(_ topics: [Topic], _ broker: any Broker) async throws -> LagReport {
    var lines: [Line] = []
    for topic in topics {
      for state in try await broker.state(of: topic) { lines += Self.lines(topic, state) }
    }
    return LagReport(groups: lines)
  }

  static func lines(_ topic: Topic, _ state: PartitionState) -> [Line] {
    let roles = Dictionary(topic.groups.map { ($0.name, $0.role.rawValue) }) { first, _ in first }
    let found = state.groups.map { group in
      Line(
        topic: topic.name, partition: state.partition, group: group.name, role: roles[group.name] ?? "undeclared",
        lag: group.lag, pending: group.pending, oldest_pending_ms: group.oldestPendingMilliseconds,
        consumers: group.consumers.count)
    }
    let missing = topic.groups.filter { group in !state.groups.contains { $0.name == group.name } }.map { group in
      Line(
        topic: topic.name, partition: state.partition, group: group.name, role: "missing", lag: state.length,
        pending: 0, oldest_pending_ms: nil, consumers: 0)
    }
    return found + missing
  }

  var text: String {
    var table = TextTable("TOPIC", "PART", "GROUP", "ROLE", "LAG", "PENDING", "OLDEST PENDING", "CONSUMERS")
    for line in groups {
      table.add(
        line.topic, "\(line.partition)", line.group, line.role, line.lag.map(String.init) ?? "?", "\(line.pending)",
        line.oldest_pending_ms.map(Words.age) ?? "-", "\(line.consumers)")
    }
    return table.text
  }
}
