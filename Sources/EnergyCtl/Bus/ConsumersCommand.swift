import ArgumentParser
import BusKit

struct ConsumersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "consumers", abstract: "The processes that read, and whether they are alive.")
  @OptionGroup var topics: TopicOptions
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var bus: BusOptions

  func run() async throws {
    let topics = try topics.topics()
    try show(try await bus.withBus { try await ConsumersReport.gather(topics, $0) }, json: json)
  }
}

struct ConsumersReport: Report {
  struct Line: Encodable, Sendable {
    let topic: String
    let partition: Int
    let group: String
    let consumer: String
    let pending: Int
    let idle_ms: Int64
    let alive: Bool
  }

  let consumers: [Line]

  static func gather(_ topics: [Topic], _ client: BusClient) async throws -> ConsumersReport {
    var lines: [Line] = []
    for topic in topics {
      let facts = try await client.facts(of: topic)
      for state in facts.partitions {
        for group in state.groups {
          lines += group.consumers.map { consumer in
            Line(
              topic: topic.name, partition: state.partition, group: group.name, consumer: consumer.name,
              pending: consumer.pending, idle_ms: consumer.idleMilliseconds, alive: facts.alive.contains(consumer.name))
          }
        }
      }
    }
    return ConsumersReport(consumers: lines)
  }

  var text: String {
    var table = TextTable("TOPIC", "PART", "GROUP", "CONSUMER", "PENDING", "IDLE", "ALIVE")
    for line in consumers {
      table.add(
        line.topic, "\(line.partition)", line.group, Words.safe(line.consumer), "\(line.pending)",
        Words.age(milliseconds: line.idle_ms), line.alive ? "yes" : "NO")
    }
    return table.text
  }
}
