extension Doctor {
  /// Anything due is sent within seconds; a minute says that something is wrong.
  static let outboxSecondsMax = 60.0
  static let effectLateSecondsMax = 300.0

  static func service(_ facts: BusFacts.ServiceFacts) -> [Finding] {
    guard let figures = facts.status?.figures else {
      return [
        Finding(
          "services", .warning, facts.name, "does not answer",
          remedy: "Start it, or read its log and /readyz: without Postgres it cannot answer.")
      ]
    }
    var findings = [Finding("services", .ok, facts.name, "answers"), outbox(facts.name, figures.outbox)]
    if let distance = facts.clockDistance { findings.append(clock("Postgres of \(facts.name)", distance)) }
    findings += figures.effects.compactMap { effect(facts.name, $0) }
    if figures.parked.count > 0 {
      findings.append(
        Finding(
          "parked", .note, facts.name,
          "\(figures.parked.count) messages wait for another try, the first for \(Int(figures.parked.oldestSeconds)) s",
          remedy: "See what they fail with: energyctl bus parked --service \(facts.name)"))
    }
    return findings
  }

  private static func outbox(_ service: String, _ outbox: StoreFigures.Backlog) -> Finding {
    let words = "\(outbox.count) messages to be sent, the oldest due for \(Int(outbox.oldestSeconds)) s"
    return outbox.oldestSeconds <= outboxSecondsMax
      ? Finding("outbox", .ok, service, words)
      : Finding(
        "outbox", .warning, service, words,
        remedy: "Its topics are full (energyctl bus topics) or Redis refuses: read the log of \(service).")
  }

  private static func effect(_ service: String, _ effect: StoreFigures.EffectBacklog) -> Finding? {
    if effect.state == "dead" {
      return Finding(
        "effects", .warning, "\(service) \(effect.kind)", "\(effect.count) effects were given up",
        remedy: "Read why (energyctl bus effects list --service \(service) --state dead), then retry or purge them.")
    }
    guard effect.lateSeconds > effectLateSecondsMax else { return nil }
    return Finding(
      "effects", .warning, "\(service) \(effect.kind)",
      "\(effect.count) wait, the first is \(Int(effect.lateSeconds)) s late",
      remedy: "All of \(service)'s room for this kind is taken, or it runs no replica that knows it: read its log.")
  }
}
