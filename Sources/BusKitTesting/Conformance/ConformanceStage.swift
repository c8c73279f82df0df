import BusKit
import Foundation
import Synchronization

/// What one promise is asked on: a way to the broker, a topic that nobody else has, and whatever was opened.
final class ConformanceStage: Sendable {
  let subject: BrokerUnderTest
  let broker: any Broker
  /// One partition, read by the essential group `g`.
  let topic: Topic
  private let opened = Mutex<(brokers: [any Broker], links: [any BrokerSubscription], readers: [any BrokerFollower])>(
    ([], [], []))
  private let name = "conformance-\(UUID.v7().text)"

  /// Long enough that no lease runs out while a promise is checked.
  static let lease: Duration = .seconds(60)

  init(_ subject: BrokerUnderTest) async throws {
    self.subject = subject
    broker = try await subject.connect()
    topic = Topic(name, groups: [.essential("g")])
    opened.withLock { $0.brokers.append(broker) }
  }

  func close() async {
    let all = opened.withLock { $0 }
    for link in all.links { await link.close() }
    for reader in all.readers { await reader.close() }
    for broker in all.brokers { await broker.close() }
  }

  func connect() async throws -> any Broker {
    let another = try await subject.connect()
    opened.withLock { $0.brokers.append(another) }
    return another
  }

  func topic(
    _ suffix: String = "", partitions: Int = 1, groups: [ConsumerGroup], lengthMax: Int = 1_000_000
  ) -> Topic {
    Topic(name + suffix, partitions: partitions, groups: groups, lengthMax: lengthMax)
  }

  /// A consumer whose group exists.
  func join(
    _ consumer: String = "one", group: String = "g", topic: Topic? = nil, partition: Int = 0,
    over broker: (any Broker)? = nil
  ) async throws -> any BrokerSubscription {
    let link = (broker ?? self.broker).subscribe(
      SubscriptionOptions(
        topic: topic ?? self.topic, partition: partition, group: group, consumer: consumer, lease: Self.lease))
    opened.withLock { $0.links.append(link) }
    try await link.ensure()
    return link
  }

  func follow(_ stream: String) -> any BrokerFollower {
    let reader = broker.follow(stream: stream)
    opened.withLock { $0.readers.append(reader) }
    return reader
  }

  // MARK: - Messages

  static func envelope(_ text: String, key: String = "k") -> Envelope {
    let now = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 * 1000).rounded() / 1000)
    return Envelope(
      id: .v7(), type: "conformance.Note", version: 1, key: key, createdAt: now, correlation: "c",
      body: Array(text.utf8))
  }

  /// Publishes messages whose bodies are the numbers of a range.
  @discardableResult
  func publish(_ numbers: ClosedRange<Int>, to topic: Topic? = nil) async throws -> PublishReport {
    let topic = topic ?? self.topic
    let report = try await broker.publish(numbers.map { Publication(Self.envelope("\($0)"), topic: topic) })
    for outcome in report.outcomes {
      guard case .stored = outcome else {
        throw ConformanceFailure(expected: "a message is stored", seen: "\(outcome)")
      }
    }
    return report
  }

  static func text(_ delivery: Delivery) throws -> String {
    String(decoding: try delivery.envelope().body, as: UTF8.self)
  }

  static func numbers(_ deliveries: [Delivery]) throws -> [Int] { try deliveries.compactMap { Int(try text($0)) } }
}

extension BrokerSubscription {
  /// What is there; waits a moment only when it must.
  func take(_ limit: Int = 10_000, wait: Duration = .milliseconds(20)) async throws -> [Delivery] {
    try await read(limit: limit, wait: wait, acknowledging: false)
  }

  /// The one delivery that a promise works on.
  func takeOne() async throws -> Delivery {
    guard let delivery = try await take(1).first else {
      throw ConformanceFailure(expected: "a message that was published is read", seen: "nothing")
    }
    return delivery
  }

  /// Makes the delivery idle for a whole lease, so that it can be claimed without waiting for that.
  func letGo(_ delivery: Delivery) async throws { try await release([delivery.id], after: .zero, isAttempt: true) }
}

extension Claim {
  var delivery: Delivery? { if case .mine(let delivery) = self { delivery } else { nil } }
  var word: String {
    switch self {
    case .mine: "mine"
    case .gone: "gone"
    case .lost: "lost"
    }
  }
}
