import Foundation
import Logging

/// What an operator ordered and no single transaction can do: it runs as an effect of the service.
struct OperatorJob: Effect {
  static let kind = "bus.OperatorJob"
  static let policy = EffectPolicy(attemptsMax: 5, timeout: .seconds(600), concurrency: 1)

  enum Work: Codable, Sendable {
    case replayOutbox(ReplaySelection)
    case settle(SettleDeadLetters.Deed, topic: String, letters: [SettleDeadLetters.Place])
  }

  let work: Work
  let actionKey: String
  let replyTo: String
  let correlation: String
  /// One after another.
  var orderKey: String { "bus.operators" }

  /// - Parameter topics: those that the service reads.
  func run(_ context: EffectContext, topics: [Topic]) async throws -> EffectOutcome {
    switch work {
    case .replayOutbox(let selection):
      let core = try context.bus.core
      // A mark that is still to come would hide what was sent just now.
      try await OutboxStore.untilMarked(within: core.timing.outboxGrace, pool: core.pool)
      let count = try await OutboxStore.replay(selection, pool: core.pool)
      return finished("\(count) messages are sent again")
    case .settle(let deed, let name, let letters):
      guard let topic = topics.first(where: { $0.name == name }) else {
        return finished("\(context.bus.service) does not read \(name) any more", ok: false)
      }
      let (moved, stayed) = try await settle(deed, topic, letters, try context.bus.core)
      let why = stayed > 0 ? "; \(stayed) stayed: older than what inboxes remember" : ""
      return finished(
        "\(moved) of \(letters.count) dead letters of \(name): \(deed.rawValue)\(why)", ok: moved > 0 || stayed == 0)
    }
  }

  func exhausted(_ reason: String) -> EffectOutcome { finished(reason, ok: false) }

  /// - Returns: how many were put back or forgotten, and how many are there still because of their age.
  private func settle(
    _ deed: SettleDeadLetters.Deed, _ topic: Topic, _ letters: [SettleDeadLetters.Place], _ core: BusCore
  ) async throws -> (moved: Int, stayed: Int) {
    let step = 100
    let broker = core.broker
    // Put back, a message is as young as any; a group whose inbox has forgotten it would apply it again.
    let oldest = core.health.brokerMilliseconds - core.timing.inboxRetention.milliseconds
    var (moved, stayed) = (0, 0)
    for (partition, places) in Dictionary(grouping: letters, by: \.partition).sorted(by: { $0.key < $1.key }) {
      var rest = places.map(\.id)[...]
      var count = 0
      while !rest.isEmpty {
        let ids = Array(rest.prefix(step))
        rest = rest.dropFirst(step)
        count += deed == .replay
          ? try await broker.replayDead(topic, partition: partition, ids: ids, since: oldest)
          : try await broker.purgeDead(topic, partition: partition, ids: ids)
      }
      moved += count
      if deed == .replay, count < places.count {
        stayed += try await left(of: Set(places.map(\.id)), topic, partition, broker)
      }
    }
    return (moved, stayed)
  }

  /// How many of these letters are still there.
  private func left(of ids: Set<String>, _ topic: Topic, _ partition: Int, _ broker: any Broker) async throws -> Int {
    var (count, last) = (0, String?.none)
    repeat {
      let page = try await broker.deadLetters(topic, partition: partition, after: last, limit: 500)
      count += page.count { ids.contains($0.id) }
      last = page.last?.id
    } while last != nil
    return count
  }

  private func finished(_ detail: String, ok: Bool = true) -> EffectOutcome {
    .done(needs: [.row(ActionRow.self, actionKey)]) { unit in
      guard var row = try unit.find(ActionRow.self, actionKey) else {
        throw InvariantViolation("the action \(actionKey) has a job and no row")
      }
      row.ok = ok
      row.code = ok ? "done" : "failed"
      row.detail = detail
      try unit.save(row)
      try unit.reply(row.result, to: replyTo, correlation: correlation)
    }
  }
}
