import Logging
import Postgres

/// The upkeep of the bus' own tables, by whichever replica comes first: days of the outbox made ahead and dropped, old
/// inbox rows and dead effects deleted in steps that block nobody, and what a changed Redis needs sent again.
struct Cleaner: Sendable {
  let core: BusCore

  private static let step = 5000

  /// Runs until its task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await core.support("clean-up", every: .seconds(30)) { try await clean() } }
      group.addTask { await core.support("outbox: days", every: .seconds(600)) { try await keepDays() } }
      group.addTask { await core.support("operators' actions", every: .seconds(600)) { try await purgeActions() } }
      group.addTask {
        await core.support("outbox: sending again", every: core.timing.outboxPoll * 4) { try await resend() }
      }
    }
  }

  /// The inbox outlives the age at which a message is no longer applied by a day.
  private var inboxAge: Duration { core.timing.inboxRetention + .seconds(86_400) }

  func clean() async throws {
    var isMore = true
    while isMore, !Task.isCancelled {
      isMore = try await core.pool.transaction { session in
        try session.patiently {
          let counts = [
            try InboxStore.delete(olderThan: inboxAge, limit: Self.step, in: session),
            try OutboxPartitions.deleteFromDefault(
              retention: core.timing.outboxRetention, limit: Self.step, in: session),
            try EffectStore.purgeDead(olderThan: core.timing.effectsRetention, limit: Self.step, in: session),
          ]
          return counts.contains { $0 >= Self.step }
        }
      }
    }
  }

  func purgeActions() async throws {
    while try await core.pool.transaction({ session in
      try session.patiently { try ActionRow.purge(olderThan: ActionRow.retention, limit: Self.step, in: session) }
    }) >= Self.step, !Task.isCancelled {}
  }

  func keepDays() async throws {
    try await core.pool.transaction { session in
      try session.patiently { try OutboxPartitions.makeAhead(in: session) }
    }
    let drops = try await core.pool.transaction { session in
      try session.patiently { try OutboxPartitions.dropOld(retention: core.timing.outboxRetention, in: session) }
    }
    core.metrics.gauge("energy_bus_outbox_days_unsent").set(Double(drops.withUnsent.count))
    if !drops.withUnsent.isEmpty {
      core.logger.critical(
        "messages older than the outbox' retention are unsent; look why their topics take nothing",
        metadata: ["days": "\(drops.withUnsent)"])
    }
  }

  private func resend() async throws {
    while !Task.isCancelled, core.health.postgresDownFor == nil,
      let count = try await core.pool.transaction({ session in
        try session.patiently { try Resend.step(in: session) }
      })
    {
      core.metrics.counter("energy_bus_resent_total").increment(by: count)
    }
  }
}
