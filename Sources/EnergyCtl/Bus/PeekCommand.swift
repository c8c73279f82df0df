import ArgumentParser
import BusKit
import Foundation

struct PeekCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peek", abstract: "Messages of a topic, oldest first, without reading them for anybody.",
    discussion: "Bodies may hold what customers wrote: they are shown with --body only.")
  @Argument(help: "The topic.") var topic: String
  @Option(help: "The partition.") var partition = 0
  @Option(help: "Only what comes after this stream id.") var after: String?
  @Option(help: "How many at most.") var limit = 20
  @Option(help: "Only messages with this key.") var key: String?
  @Option(help: "Only messages of this type.") var type: String?
  @Flag(help: "Show bodies.") var body = false
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var bus: BusOptions

  func run() async throws {
    let peek = try request()
    try show(try await bus.withBus { try await peek.gather($0.broker) }, json: json)
  }

  func request() throws -> PeekRequest {
    let topic = try Topic.named(topic)
    if let after, after.wholeMatch(of: /\d{1,19}-\d{1,19}/) == nil {
      throw ValidationError("--after is '\(after)': give a stream id such as 1767225600000-0")
    }
    return PeekRequest(
      topic: topic, partition: try Limits.check(partition, "--partition", in: 0...(topic.partitions - 1)),
      after: after, limit: try Limits.check(limit, "--limit", in: 1...1_000), key: key, type: type, showsBody: body)
  }
}

struct PeekRequest: Sendable {
  let topic: Topic
  let partition: Int
  let after: String?
  let limit: Int
  let key: String?
  let type: String?
  let showsBody: Bool

  /// With a filter many are looked at to find a few; not more than this.
  private static let looksMax = 50_000
  private static let page = 500

  func gather(_ broker: any Broker) async throws -> PeekReport {
    var found: [PeekReport.Line] = []
    var (position, looks) = (after, 0)
    while found.count < limit, looks < Self.looksMax {
      let page = try await broker.peek(topic, partition: partition, after: position, limit: Self.page)
      for delivery in page where found.count < limit {
        if let line = line(delivery) { found.append(line) }
      }
      looks += page.count
      guard page.count == Self.page, let last = page.last else { return PeekReport(messages: found, isCut: false) }
      position = last.id
    }
    return PeekReport(messages: found, isCut: found.count < limit)
  }

  private func line(_ delivery: Delivery) -> PeekReport.Line? {
    do {
      let envelope = try delivery.envelope()
      guard key == nil || key == envelope.key, type == nil || type == envelope.type else { return nil }
      return PeekReport.Line(delivery, envelope, showsBody: showsBody)
    } catch {
      guard key == nil, type == nil else { return nil }
      return PeekReport.Line(unreadable: delivery, "\(error)")
    }
  }
}

struct PeekReport: Report {
  struct Line: Encodable, Sendable {
    let stream_id: String
    let added_at: String
    var message_id: String?
    var type: String?
    var version: Int?
    var key: String?
    var correlation: String?
    var bytes: Int?
    var body: String?
    /// Why it cannot be read.
    var problem: String?

    init(_ delivery: Delivery, _ envelope: Envelope, showsBody: Bool) {
      self.init(delivery)
      message_id = envelope.id.text
      type = envelope.type
      version = envelope.version
      key = envelope.key
      correlation = envelope.correlation
      bytes = envelope.body.count
      body = showsBody ? String(decoding: envelope.body, as: UTF8.self) : nil
    }

    init(unreadable delivery: Delivery, _ problem: String) {
      self.init(delivery)
      self.problem = problem
    }

    private init(_ delivery: Delivery) {
      stream_id = delivery.id
      added_at = MessageCoder.timestamp(Date(timeIntervalSince1970: Double(delivery.milliseconds) / 1000))
    }
  }

  let messages: [Line]
  /// There may be more: the search was ended.
  let isCut: Bool

  var text: String {
    var table = TextTable("STREAM ID", "ADDED", "TYPE", "KEY", "MESSAGE ID", "BYTES")
    for line in messages {
      table.add(
        line.stream_id, line.added_at,
        Words.safe(line.problem ?? line.type.map { "\($0) v\(line.version ?? 0)" } ?? "-"),
        Words.safe(line.key ?? "-"), line.message_id ?? "-", line.bytes.map(String.init) ?? "-")
    }
    let bodies = messages.compactMap { line in line.body.map { "\n\(line.stream_id)\n\(Words.safe($0))" } }
    let end = isCut ? ["the search ended here: go on with --after"] : []
    return ([table.text] + bodies + end).joined(separator: "\n")
  }
}
