import ArgumentParser
import BusKit
import Contracts

struct TopicsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "topics", abstract: "Every declared topic: its readers, its length, its dead letters.")
  @OptionGroup var topics: TopicOptions
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var bus: BusOptions

  func run() async throws {
    let topics = try topics.topics()
    try show(try await bus.withBus { try await TopicsReport.gather(topics, $0.broker) }, json: json)
  }
}

struct TopicsReport: Report {
  struct Group: Encodable, Sendable {
    let name: String
    let role: String
  }
  struct Line: Encodable, Sendable {
    let topic: String
    let partitions: Int
    let groups: [Group]
    let length: Int
    /// The cap of one partition.
    let length_max: Int
    let bytes: Int?
    let oldest_ms: Int64?
    let dead: Int
    let retention: String
  }

  let topics: [Line]

  static func gather(_ topics: [Topic], _ broker: any Broker) async throws -> TopicsReport {
    var lines: [Line] = []
    for topic in topics {
      let states = try await broker.state(of: topic)
      let bytes = states.compactMap(\.bytes)
      lines.append(
        Line(
          topic: topic.name, partitions: topic.partitions,
          groups: topic.groups.map { Group(name: $0.name, role: $0.role.rawValue) },
          length: states.reduce(0) { $0 + $1.length }, length_max: topic.lengthMax,
          bytes: bytes.isEmpty ? nil : bytes.reduce(0, +), oldest_ms: states.compactMap(\.oldestMilliseconds).max(),
          dead: states.reduce(0) { $0 + $1.dead }, retention: retention(topic)))
    }
    return TopicsReport(topics: lines)
  }

  private static func retention(_ topic: Topic) -> String {
    if topic.isTransient { return "a minute" }
    return topic.groups.contains { $0.role == .essential }
      ? "until all have read; stops at the cap" : "until all have read; trimmed at the cap"
  }

  var text: String {
    var table = TextTable(
      "TOPIC", "PARTITIONS", "LENGTH", "OF", "BYTES", "OLDEST", "DEAD", "READ BY (e essential, o observer)")
    for line in topics {
      table.add(
        line.topic, "\(line.partitions)", "\(line.length)", "\(line.length_max)", line.bytes.map(Words.bytes) ?? "-",
        line.oldest_ms.map(Words.age) ?? "-", "\(line.dead)",
        line.groups.map { "\($0.name) \($0.role.prefix(1))" }.joined(separator: ", "))
    }
    return table.text
  }
}
