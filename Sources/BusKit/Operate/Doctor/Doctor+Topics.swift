extension Doctor {
  /// A consumer that shows no sign of life and holds something is taken over well within this.
  static let takeOverMilliseconds: Int64 = 60_000

  /// - Parameter answering: services that run. Redis 7.0 lists a consumer only once it has got something, so that on an
  ///   idle topic a reader may not be seen.
  static func topic(_ facts: BusFacts.TopicFacts, answering: Set<String> = []) -> [Finding] {
    var findings = [room(facts), deadLetters(facts)]
    for group in facts.topic.groups { findings += self.group(group, facts, answering) }
    let declared = Set(facts.topic.groups.map(\.name))
    for partition in facts.partitions {
      for group in partition.groups where !declared.contains(group.name) {
        let key = facts.topic.streamKey(partition.partition)
        findings.append(
          Finding(
            "groups", .warning, "\(facts.topic.name) \(group.name)", "a group that the topic does not declare",
            remedy: "It holds nothing back. Remove it if nobody reads with it: XGROUP DESTROY \(key) \(group.name)"))
      }
    }
    return findings
  }

  private static func room(_ facts: BusFacts.TopicFacts) -> Finding {
    let topic = facts.topic
    let longest = facts.partitions.map(\.length).max() ?? 0
    let words = "\(longest) of \(topic.lengthMax) messages"
    guard Double(longest) > fullShare * Double(topic.lengthMax) else {
      return Finding("length", .ok, topic.name, words)
    }
    let holdsBack = topic.groups.contains { $0.role == .essential }
    return Finding(
      "length", longest >= topic.lengthMax ? .critical : .warning, topic.name, words,
      remedy: holdsBack
        ? "See who is behind (energyctl bus lag --topic \(topic.name)) and start it: at the cap publishing stops."
        : "Start its readers: the oldest messages are trimmed, and must be replayed for them.")
  }

  private static func deadLetters(_ facts: BusFacts.TopicFacts) -> Finding {
    let count = facts.partitions.reduce(0) { $0 + $1.dead }
    return count == 0
      ? Finding("dead_letters", .ok, facts.topic.name, "none")
      : Finding(
        "dead_letters", .warning, facts.topic.name, "\(count) dead letters",
        remedy: "Read why (energyctl bus dead list \(facts.topic.name)), mend it, then replay or purge them.")
  }

  /// A declared group: whether anybody reads with it, and whether somebody died with messages in hand.
  private static func group(
    _ group: ConsumerGroup, _ facts: BusFacts.TopicFacts, _ answering: Set<String>
  ) -> [Finding] {
    let subject = "\(facts.topic.name) \(group.name)"
    let states = facts.partitions.map { partition in partition.groups.first { $0.name == group.name } }
    let waiting = zip(facts.partitions, states).reduce(0) { sum, pair in
      sum + (pair.1.map { ($0.lag ?? 0) + $0.pending } ?? pair.0.length)
    }
    let consumers = states.compactMap { $0 }.flatMap(\.consumers)
    let isMissing = states.contains { $0 == nil }
    let isRead = consumers.contains { facts.alive.contains($0.name) } || (answering.contains(group.name) && !isMissing)
    guard isRead else {
      return [abandoned(group, subject, waiting, isMissing: isMissing)]
    }
    let stuck = consumers.filter {
      $0.pending > 0 && !facts.alive.contains($0.name) && $0.idleMilliseconds > takeOverMilliseconds
    }
    guard stuck.isEmpty else {
      return stuck.map {
        Finding(
          "consumers", .warning, subject,
          "\($0.name) died \($0.idleMilliseconds / 1000) s ago with \($0.pending) messages in hand",
          remedy: "A live replica takes them over within seconds: the log of \(group.name) says why it does not.")
      }
    }
    return [Finding("groups", .ok, subject, "read, \(waiting) waiting")]
  }

  private static func abandoned(_ group: ConsumerGroup, _ subject: String, _ waiting: Int, isMissing: Bool) -> Finding {
    let isEssential = group.role == .essential
    let words = "nobody reads; \(waiting) waiting\(isMissing ? "; the group does not exist yet" : "")"
    return Finding(
      "groups", isEssential && waiting > 0 ? .critical : .warning, subject, words,
      remedy: isEssential
        ? "Start \(group.name): until it reads, nothing of this topic is trimmed, and at the cap publishing stops."
        : "Start \(group.name), or take the group out of the topic's declaration.")
  }
}
