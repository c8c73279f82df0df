import BusKit

/// What operators see of a topic's dead letters, without decoding their bodies.
func deadLetters(of topic: Topic, over client: BusClient) async throws -> [String] {
  var lines: [String] = []
  for partition in 0..<topic.partitions {
    for letter in try await client.broker.deadLetters(topic, partition: partition, after: nil, limit: 100) {
      lines.append("\(partition)/\(letter.id) \(letter.group) \(letter.reason): \(letter.detail)")
    }
  }
  return lines
}

/// Puts a service's dead letters back into their stream once their reason is gone. The same key is the same action,
/// however often it is sent.
func replayDeadLetters(
  of topic: Topic, partition: Int, to service: String, by actor: String, reason: String, key: String,
  over client: BusClient
) async throws -> CommandResult? {
  let letters = try await client.broker.deadLetters(topic, partition: partition, after: nil, limit: 100)
  let places = letters.filter { $0.group == service }.map {
    SettleDeadLetters.Place(partition: partition, id: $0.id)
  }
  let action = OperatorAction(actor: actor, reason: reason, key: key)
  return try await client.command(
    SettleDeadLetters(.replay, topic: topic.name, letters: places, action: action), to: service)
}

/// Sends everything again that a service has sent about one book and still keeps.
func replay(
  book: String, from service: String, by actor: String, reason: String, key: String, over client: BusClient
) async throws -> CommandResult? {
  let action = OperatorAction(actor: actor, reason: reason, key: key)
  let selection = ReplaySelection(topic: LibraryTopic.events.name, key: book)
  return try await client.command(ReplayOutbox(selection, action: action), to: service)
}
