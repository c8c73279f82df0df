/// Every message of a system and who writes which topic: what a document of the whole is made from, and what each
/// service is checked against.
public struct MessageCatalog: Sendable {
  /// Those who write a topic, by the names of their services.
  public struct Writers: Sendable {
    /// A lasting topic.
    public let topic: Topic
    /// The names of the services that publish to it.
    public let services: [String]
    public init(_ topic: Topic, _ services: [String]) {
      self.topic = topic
      self.services = services
    }
  }

  /// Queries stand among the messages.
  public let messages: [any Message.Type]
  /// For each lasting topic, who publishes to it.
  public let writers: [Writers]

  /// - Parameter writers: of each lasting topic. Questions may be asked by anybody.
  public init(messages: [any Message.Type], writers: [Writers]) {
    self.messages = messages
    self.writers = writers
  }

  /// The topics of the messages in the order of the list, without that of the answers.
  var topics: [Topic] {
    messages.reduce(into: []) { topics, type in
      if !Self.isAnswer(type), !topics.contains(type.topic) { topics.append(type.topic) }
    }
  }

  /// A message that is only ever sent to whoever waits for it: its topic is named as if it belonged to nobody.
  static func isAnswer(_ type: any Message.Type) -> Bool { type.topic.name == Topic.answers }

  func messages(in topic: Topic) -> [any Message.Type] { messages.filter { $0.topic == topic } }

  func writers(of topic: Topic) -> [String] { writers.first { $0.topic == topic }?.services ?? [] }

  /// Where a service and the catalogue disagree, in sentences; empty when they agree. For a test of each service: what
  /// a reader of a topic has not registered would be held back as unknown and dead-lettered in the end.
  public func mistakes(in service: Service) -> [String] {
    readingMistakes(in: service) + writingMistakes(in: service)
  }

  private func readingMistakes(in service: Service) -> [String] {
    let read = topics.filter { topic in topic.groups.contains { $0.name == service.name } }
    let expected = Set(read.flatMap { messages(in: $0) }.map { $0.messageType })
    let found = Set(service.handlers.keys).union(service.queries.keys)
    return expected.subtracting(found).sorted().map { "\(service.name) reads the topic of \($0) but has no handler" }
      + found.subtracting(expected).sorted().map { "\(service.name) handles \($0), which is not for it to read" }
  }

  private func writingMistakes(in service: Service) -> [String] {
    let expected = Set(writers.filter { $0.services.contains(service.name) }.map(\.topic.name))
    let found = Set(service.publishedTopics.map(\.name))
    return expected.subtracting(found).sorted().map { "\(service.name) writes \($0) and does not say so in publishes" }
      + found.subtracting(expected).sorted().map { "\(service.name) publishes to \($0) and is not among its writers" }
  }
}

extension Topic {
  /// The common name of the streams of answers, one per process (`Topic.replies`).
  static let answers = "replies"
}
