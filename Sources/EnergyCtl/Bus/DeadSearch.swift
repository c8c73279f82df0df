import ArgumentParser
import BusKit
import Contracts
import Crypto
import Foundation
import TronKit

/// Finds dead letters and says who is to settle them.
struct DeadSearch: Sendable {
  struct Found: Sendable {
    let topic: Topic
    let partition: Int
    let letter: DeadLetter
    var place: SettleDeadLetters.Place { .init(partition: partition, id: letter.id) }
  }

  let topics: [Topic]
  let group: String?
  let reason: String?
  /// Empty: any.
  let places: [SettleDeadLetters.Place]
  let limit: Int

  private static let page = 500
  private static let looksMax = 100_000

  /// `PARTITION/ID`
  static func place(_ text: String) throws -> SettleDeadLetters.Place {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let partition = Int(parts[0]), (0...4_095).contains(partition),
      parts[1].wholeMatch(of: /\d{1,19}-\d{1,19}/) != nil
    else {
      throw ValidationError(
        "'\(text)' is no dead letter: give PARTITION/ID as 'dead list' prints it, e.g. 0/1767225600000-0")
    }
    return .init(partition: partition, id: String(parts[1]))
  }

  func letters(_ broker: any Broker) async throws -> [Found] {
    var found: [Found] = []
    let wanted = Set(places)
    for topic in topics {
      for partition in 0..<topic.partitions {
        var (position, looks) = (String?.none, 0)
        while looks < Self.looksMax {
          let page = try await broker.deadLetters(topic, partition: partition, after: position, limit: Self.page)
          found += page.map { Found(topic: topic, partition: partition, letter: $0) }.filter { one in
            (group == nil || group == one.letter.group) && (reason == nil || reason == one.letter.reason)
              && (wanted.isEmpty || wanted.contains(one.place))
          }
          if found.count >= limit { return Array(found.prefix(limit)) }
          looks += page.count
          guard page.count == Self.page, let last = page.last else { break }
          position = last.id
        }
      }
    }
    return found
  }

  /// One command for each service and topic, and for each thousand letters: exactly those that were shown. Each has a
  /// key of its own, made from the action's and from what it is about, so that the whole can be repeated: what is left
  /// then is not what there was.
  static func commands(
    _ deed: SettleDeadLetters.Deed, _ found: [Found], _ action: OperatorAction
  ) throws -> [(service: String, command: SettleDeadLetters)] {
    var commands: [(String, SettleDeadLetters)] = []
    let byOwner = Dictionary(grouping: found) { "\($0.letter.group) \($0.topic.name)" }
    for (_, letters) in byOwner.sorted(by: { $0.key < $1.key }) {
      guard let first = letters.first else { continue }
      let service = first.letter.group
      guard ServiceName.all.contains(service) else {
        throw ValidationError(
          "\(first.topic.name) has dead letters of '\(service)', which is no service: choose with --group")
      }
      var rest = letters[...]
      while !rest.isEmpty {
        let part = rest.prefix(SettleDeadLetters.lettersMax)
        rest = rest.dropFirst(SettleDeadLetters.lettersMax)
        let places = part.map(\.place)
        let own = try Self.action(places, of: first.topic, service, action)
        commands.append((service, SettleDeadLetters(deed, topic: first.topic.name, letters: places, action: own)))
      }
    }
    return commands
  }

  private static func action(
    _ places: [SettleDeadLetters.Place], of topic: Topic, _ service: String, _ run: OperatorAction
  ) throws -> OperatorAction {
    let names = [service, topic.name] + places.map { "\($0.partition)/\($0.id)" }
    let digest = Hex.encode(Array(SHA256.hash(data: Data(names.joined(separator: " ").utf8)).prefix(6)))
    let key = "\(run.key)/\(digest)"
    guard key.utf8.count <= OperatorAction.keyLengthMax else {
      throw ValidationError("--key has \(run.key.utf8.count) bytes: give at most \(OperatorAction.keyLengthMax - 13)")
    }
    return OperatorAction(actor: run.actor, reason: run.reason, key: key)
  }
}

struct DeadReport: Report {
  struct Line: Encodable, Sendable {
    let topic: String
    let letter: String
    let group: String
    let reason: String
    let detail: String
    let deliveries: Int
    let first_at: String
    let buried_at: String
    var message_id: String?
    var type: String?
    var key: String?
    var correlation: String?
    var bytes: Int?
    var body: String?
  }

  let letters: [Line]

  init(_ found: [DeadSearch.Found], showsBody: Bool) {
    letters = found.map { one in
      let letter = one.letter
      var line = Line(
        topic: one.topic.name, letter: "\(one.partition)/\(letter.id)", group: letter.group, reason: letter.reason,
        detail: letter.detail, deliveries: letter.deliveries, first_at: Self.time(letter.firstMilliseconds),
        buried_at: Self.time(letter.buriedMilliseconds))
      // A letter that cannot be read shows what stands beside its message.
      if let envelope = try? letter.envelope() {
        line.message_id = envelope.id.text
        line.type = envelope.type
        line.key = envelope.key
        line.correlation = envelope.correlation
        line.bytes = envelope.body.count
        line.body = showsBody ? String(decoding: envelope.body, as: UTF8.self) : nil
      }
      return line
    }
  }

  private static func time(_ milliseconds: Int64) -> String {
    MessageCoder.timestamp(Date(timeIntervalSince1970: Double(milliseconds) / 1000))
  }

  /// How many of each topic, group and reason.
  var summary: String {
    let counts = Dictionary(grouping: letters) { "\($0.topic)  \($0.group)  \($0.reason)" }.mapValues(\.count)
    return counts.sorted { $0.key < $1.key }.map { "\($0.value)  \($0.key)" }.joined(separator: "\n")
  }

  var text: String {
    guard !letters.isEmpty else { return "no dead letters" }
    var table = TextTable("TOPIC", "LETTER", "GROUP", "REASON", "TRIES", "BURIED", "TYPE", "KEY", "DETAIL")
    for line in letters {
      table.add(
        line.topic, line.letter, line.group, line.reason, "\(line.deliveries)", line.buried_at,
        Words.safe(line.type ?? "-"), Words.safe(line.key ?? "-"), String(Words.safe(line.detail).prefix(80)))
    }
    return table.text
  }
}
