import Foundation
import Logging
import Postgres
import Synchronization

/// Takes effects that are due, runs them, and writes their outcomes.
///
/// A running effect holds a lease of a few seconds that this process renews while it lives; the outcome is written only
/// by whoever still holds the lease, so a process that slept through it changes nothing.
final class EffectRunner: Sendable {
  /// The lease was taken over while the effect ran: nothing of its outcome may be written.
  struct LeaseLost: Error {}

  private static let runningMax = 160
  /// How often an outcome is offered again to a Postgres that loses the connection, or behind rows that others hold.
  private static let writesMax = 5

  private let core: BusCore
  private let handlers: [String: EffectHandler]
  private let running = Mutex(RunningEffects())
  private let looks: MetricsRegistry.Counter

  init(core: BusCore, handlers: [String: EffectHandler]) {
    self.core = core
    self.handlers = handlers
    looks = core.metrics.counter("energy_bus_effect_looks_total")
  }

  /// Runs until the service drains and what runs has finished. Leases are renewed to the end.
  func run() async {
    guard !handlers.isEmpty else { return }
    await withDiscardingTaskGroup { support in
      support.addTask {
        await self.core.support("effects: leases", every: self.core.timing.effectLease / 3) { try await self.renew() }
      }
      await withDiscardingTaskGroup { group in
        for await _ in core.effects.stream {
          if core.isDraining { break }
          do {
            // One look brings all there is room for: what it leaves waits for an end, its time or the poll.
            for effect in try await take() { group.addTask { await self.perform(effect) } }
          } catch {
            if core.isDraining { break }
            core.logger.warning("effects cannot be read", metadata: ["error": "\(error)"])
            await core.pause(.milliseconds(500))
          }
        }
      }
      support.cancelAll()
    }
  }

  private static func room(for handler: EffectHandler, _ running: Int) -> Int {
    handler.isAdmitted() ? max(0, handler.policy.concurrency - running) : 0
  }

  private func take() async throws -> [TakenEffect] {
    let (rooms, room) = running.withLock { running in
      (
        handlers.reduce(into: [String: Int]()) { $0[$1.key] = Self.room(for: $1.value, running.count($1.key)) },
        Self.runningMax - running.count
      )
    }
    guard room > 0, rooms.values.contains(where: { $0 > 0 }), !core.isDraining else { return [] }
    let token = UUID.v7()
    let lease = core.timing.effectLease
    looks.increment()
    let taken = try await core.pool.transaction { session in
      try EffectStore.take(rooms, limit: room, lease: lease, token: token, in: session)
    }
    running.withLock { $0.start(taken, rooms, limit: room) }
    return taken
  }

  private func renew() async throws {
    let held = running.withLock { $0.tokens }
    guard !held.isEmpty else { return }
    let lease = core.timing.effectLease
    try await core.pool.transaction { try EffectStore.renew(held, lease: lease, in: $0) }
  }

  // MARK: - One effect

  private func perform(_ effect: TakenEffect) async {
    defer {
      let most = handlers[effect.kind]?.policy.concurrency ?? 1
      if running.withLock({ $0.end(effect, most: most) }) { core.effects.wake() }
    }
    guard let handler = handlers[effect.kind] else { return }
    do {
      try await conclude(effect, handler)
    } catch is LeaseLost {
      core.metrics.counter("energy_bus_effects_lease_lost_total", labels: [("kind", effect.kind)]).increment()
    } catch {
      // The lease runs out and the effect is run again: effects are repeatable by their id.
      core.trouble.log(
        .warning, "an effect's outcome was not written", of: "\(effect.kind) \(RepeatedTrouble.kind(error))",
        ["kind": "\(effect.kind)", "error": "\(error)"])
    }
  }

  /// Runs the effect and writes its outcome. An outcome that cannot be written is a failed attempt like any other.
  private func conclude(_ effect: TakenEffect, _ handler: EffectHandler) async throws {
    if let reason = exhaustion(of: effect, handler.policy) { return try await giveUp(effect, handler, reason) }
    let taken = ContinuousClock.now
    let outcome: EffectOutcome
    do {
      outcome = try await run(effect, handler)
    } catch {
      return try await fail(effect, handler, error, "\(error)", since: taken)
    }
    do {
      try await write(outcome, of: effect, handler, since: taken)
    } catch {
      if error is LeaseLost || error is BusCore.Interrupted || Task.isCancelled { throw error }
      if let error = error as? PostgresError, error.isOutage || error.code == .closed { throw error }
      try await fail(effect, handler, error, "the outcome: \(error)", since: taken)
    }
  }

  /// Why an effect is not run any more; nil: it is.
  private func exhaustion(of effect: TakenEffect, _ policy: EffectPolicy) -> String? {
    let last = effect.lastError.isEmpty ? nil : effect.lastError
    if let most = policy.attemptsMax, effect.attempts > most {
      // Its runs ended without a word, as those of a process that it kills do.
      return last ?? "\(most) attempts ended without an outcome"
    }
    if let deadline = policy.deadline, effect.age >= deadline {
      return "its deadline of \(deadline.milliseconds) ms has passed" + (last.map { "; at last: \($0)" } ?? "")
    }
    return nil
  }

  private func run(_ effect: TakenEffect, _ handler: EffectHandler) async throws -> EffectOutcome {
    let context = EffectContext(
      id: effect.id, attempt: effect.attempts, correlation: effect.correlation, createdAt: effect.createdAt,
      age: effect.age, bus: Bus(core: core))
    let cause = Envelope.origin(
      correlation: effect.correlation, at: effect.createdAt, traceparent: effect.traceparent)
    let work = Work(kind: .effect, service: core.service, name: effect.kind, envelopes: [cause])
    return try await core.middleware.run(work) { _ in
      try await withTimeout(handler.policy.timeout) { try await handler.run(effect.payload, context) }
    }
  }

  private func fail(
    _ effect: TakenEffect, _ handler: EffectHandler, _ error: any Error, _ reason: String,
    since taken: ContinuousClock.Instant
  ) async throws {
    switch FailureKind(error) {
    case .permanent(let kind):
      if kind.isIncident {
        core.logger.critical(
          "an effect breaks an invariant",
          metadata: ["kind": "\(effect.kind)", "id": "\(effect.id.text)", "error": "\(reason)"])
      }
      try await giveUp(effect, handler, reason)
    case .throttled(let wait):
      let isCounted = effect.throttles >= handler.policy.throttledMax
      try await retry(
        effect, handler, wait, isCounted ? .failed : .throttled, reason, of: RepeatedTrouble.kind(error), since: taken)
    case .transient(let delay):
      let wait = delay ?? handler.policy.backoff.delay(attempt: effect.attempts, random: .random(in: 0..<1))
      try await retry(
        effect, handler, .after(wait), .failed, reason, of: RepeatedTrouble.kind(error), since: taken)
    }
  }

  /// Another run later, if there is one left.
  private func retry(
    _ effect: TakenEffect, _ handler: EffectHandler, _ wait: Wait, _ pause: EffectStore.Pause, _ reason: String,
    of trouble: String, since taken: ContinuousClock.Instant
  ) async throws {
    core.metrics.counter("energy_bus_effects_retried_total", labels: [("kind", effect.kind)]).increment()
    core.trouble.log(
      .notice, "an effect will be tried again", of: "\(effect.kind) \(trouble)",
      [
        "kind": "\(effect.kind)", "key": "\(effect.orderKey)", "attempt": "\(effect.attempts)", "error": "\(reason)",
      ])
    let isLast = pause == .failed && handler.policy.attemptsMax.map { effect.attempts >= $0 } ?? false
    let elapsed = ContinuousClock.now - taken
    let coming = elapsed + wait.time(from: effect.takenAt.addingTimeInterval(elapsed.timeInterval))
    let isTooLate = handler.policy.deadline.map { effect.age + coming >= $0 } ?? false
    if isLast || isTooLate {
      try await giveUp(effect, handler, isLast ? reason : "its deadline comes before its next try; at last: \(reason)")
    } else {
      try await postpone(effect, wait, pause, reason)
    }
  }

  // MARK: - Outcomes

  private func write(
    _ outcome: EffectOutcome, of effect: TakenEffect, _ handler: EffectHandler, since taken: ContinuousClock.Instant
  ) async throws {
    switch outcome {
    case .done(let needs, let apply):
      try await conclude(effect, again: nil, needs, apply)
      core.metrics.counter("energy_bus_effects_done_total", labels: [("kind", effect.kind)]).increment()
    case .again(let after, let needs, let apply):
      try await conclude(effect, again: after, needs, apply)
    case .retry(let after, let reason):
      try await retry(effect, handler, .after(after), .failed, reason, of: "asked for", since: taken)
    }
  }

  /// Together with other effects' outcomes where there are any.
  private func conclude(
    _ effect: TakenEffect, again: Duration?, _ needs: [Need], _ apply: @escaping @Sendable (UnitOfWork) throws -> Void
  ) async throws {
    let unit = GroupedUnit(
      needs: needs, correlation: effect.correlation, traceparent: TraceContext.current ?? "",
      end: EffectEnd(effect: effect.id, token: effect.token, again: again), apply: apply)
    try await patiently { try await self.core.group.write(unit) }
    if let again { core.effects.wake(after: again) }
  }

  /// Writes what its service wants written when attempts are used up. If that cannot be written either, the row is set
  /// aside alone.
  private func giveUp(_ effect: TakenEffect, _ handler: EffectHandler, _ reason: String) async throws {
    core.metrics.counter("energy_bus_effects_dead_total", labels: [("kind", effect.kind)]).increment()
    core.logger.error(
      "an effect is given up",
      metadata: ["kind": "\(effect.kind)", "id": "\(effect.id.text)", "error": "\(reason)"])
    do {
      switch try handler.exhausted(effect.payload, reason) {
      case .done(let needs, let apply):
        try await finish(effect, needs: needs, apply) { try EffectStore.bury(effect, reason: reason, in: $0) }
      case .again(let after, let needs, let apply):
        try await finish(effect, needs: needs, apply) {
          try EffectStore.postpone(effect, .after(after), .failed, reason: reason, in: $0)
        }
      case .retry(let after, _):
        try await postpone(effect, .after(after), .failed, reason)
      }
    } catch {
      if error is LeaseLost || error is BusCore.Interrupted || Task.isCancelled { throw error }
      if let error = error as? PostgresError, error.isOutage || error.code == .closed { throw error }
      core.logger.critical(
        "an effect's end cannot be written", metadata: ["kind": "\(effect.kind)", "error": "\(error)"])
      try await finish(effect, needs: [], { _ in }) {
        try EffectStore.bury(effect, reason: "\(reason); then: \(error)", in: $0)
      }
    }
  }

  /// Writes the outcome of an effect that is given up.
  private func finish(
    _ effect: TakenEffect, needs: [Need], _ apply: @escaping @Sendable (UnitOfWork) throws -> Void,
    _ end: @escaping @Sendable (PostgresSession) throws -> Bool
  ) async throws {
    try await patiently {
      try await self.core.runner.transaction(
        needs: needs, correlation: effect.correlation, before: { guard try end($0) else { throw LeaseLost() } }, apply)
    }
    // Others of its order key may have waited for it.
    core.effects.wake()
  }

  private func postpone(
    _ effect: TakenEffect, _ wait: Wait, _ pause: EffectStore.Pause, _ reason: String = ""
  ) async throws {
    try await patiently {
      try await self.core.pool.transaction { session in
        guard try EffectStore.postpone(effect, wait, pause, reason: reason, in: session) else { throw LeaseLost() }
      }
    }
    if case .after(let time) = wait { core.effects.wake(after: time) }
  }

  /// What was done in the world is not done twice for a moment's loss of Postgres, nor for a row that others hold: the
  /// token says whether it may still be written.
  private func patiently(_ write: () async throws -> Void) async throws {
    var losses = 0
    while true {
      do {
        return try await write()
      } catch let error as PostgresError where (error.isOutage || error.isLockTimeout) && losses < Self.writesMax {
        losses += 1
        try await core.untilPostgresAnswers()
      }
    }
  }
}
