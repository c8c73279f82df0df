extension AsyncAPIDocument {
  /// Redis' braces would read as a parameter in an address: the streams stand beside it.
  static func channel(_ topic: Topic, _ catalog: MessageCatalog) -> JSON {
    [
      "address": .string(topic.name),
      "messages": .object(references(to: catalog.messages(in: topic).map { $0.messageType })),
      "x-redis": [
        "streams": .array((0..<topic.partitions).map { .string(topic.streamKey($0)) }),
        "deadLetters": .array((0..<topic.partitions).map { .string(topic.deadKey($0)) }),
      ],
      "x-partitions": .integer(Int64(topic.partitions)),
      "x-groups": .array(
        topic.groups.map { ["name": .string($0.name), "role": .string($0.role.rawValue)] }),
      "x-retention": retention(topic),
    ]
  }

  private static func retention(_ topic: Topic) -> JSON {
    let isEssential = topic.groups.contains { $0.role == .essential }
    let atTheCap: JSON = isEssential && !topic.isTransient ? "publishing stops" : "the oldest entries are removed"
    let limits: JSON = ["lengthMax": .integer(Int64(topic.lengthMax)), "whenFull": atTheCap]
    return topic.isTransient ? limits.merging(["expiresAfterSeconds": 60]) : limits
  }

  static func answersChannel(_ names: [String]) -> JSON {
    [
      "address": "\(Topic.answers).{process}",
      "description": "One stream per process that waits for answers; it expires a minute after the last one.",
      "parameters": ["process": ["description": "The process that asked, from the header `rt` of what it sent."]],
      "messages": .object(references(to: names)),
      "x-retention": ["expiresAfterSeconds": 60],
    ]
  }

  private static func references(to names: [String]) -> [String: JSON] {
    Dictionary(uniqueKeysWithValues: names.map { ($0, reference("components", "messages", $0)) })
  }

  // MARK: - Operations

  static func operations(on topic: Topic, _ catalog: MessageCatalog) -> [String: JSON] {
    var operations: [String: JSON] = [:]
    let types = catalog.messages(in: topic)
    let commands = types.filter { !($0 is any Query.Type) }.map { $0.messageType }
    for group in topic.groups where !commands.isEmpty {
      operations["\(group.name).receive.\(topic.name)"] = operation("receive", group.name, topic, commands)
        .merging(["x-role": .string(group.role.rawValue)])
    }
    for writer in catalog.writers(of: topic) where !commands.isEmpty {
      operations["\(writer).send.\(topic.name)"] = operation("send", writer, topic, commands)
    }
    for query in types.compactMap({ $0 as? any Query.Type }) {
      for group in topic.groups {
        operations["\(group.name).answer.\(query.messageType)"] =
          operation("receive", group.name, topic, [query.messageType]).merging(["reply": reply(to: query)])
      }
    }
    return operations
  }

  private static func operation(_ action: String, _ service: String, _ topic: Topic, _ messages: [String]) -> JSON {
    [
      "action": .string(action), "channel": reference("channels", topic.name), "x-service": .string(service),
      "messages": .array(messages.map { reference("channels", topic.name, "messages", $0) }),
    ]
  }

  private static func reply(to query: any Query.Type) -> JSON {
    [
      "address": ["location": "$message.header#/rt"],
      "channel": reference("channels", Topic.answers),
      "messages": .array(
        [answer(to: query), QueryServer.failureType].map { reference("channels", Topic.answers, "messages", $0) }),
    ]
  }
}
