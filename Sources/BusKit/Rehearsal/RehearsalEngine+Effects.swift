import Foundation

/// Effects and schedules, by the rules of `EffectRunner` and `ScheduleRunner`.
extension RehearsalEngine {
  private static let tickBackoff = Backoff(first: .seconds(1), most: .seconds(60))

  // MARK: - Effects

  func perform(_ id: UUID, _ stage: Int) async throws {
    guard let effect = take(id, stage), let handler = stages[stage].service.effects[effect.kind] else { return }
    if let most = handler.policy.attemptsMax, effect.attempts > most {
      let reason = effect.lastError.isEmpty ? "\(most) attempts ended without an outcome" : effect.lastError
      return try giveUp(effect, handler, reason, stage)
    }
    let outcome = await outcome(of: effect, handler, stage)
    if faults.runsEffectsTwice, state.withLock({ $0.droppedOutcomes.insert(id).inserted }) {
      return put(id, stage) { _ in }
    }
    do {
      try write(outcome, of: effect, handler, stage)
    } catch {
      try write(retry(effect, handler, "the outcome: \(error)", after: nil), of: effect, handler, stage)
    }
  }

  /// Marks an effect as running and counts the attempt.
  private func take(_ id: UUID, _ stage: Int) -> RehearsalEffect? {
    let kinds = stages[stage].service.effects
    return state.withLock { state in
      guard let index = state.stores[stage].effects.firstIndex(where: { $0.id == id }) else { return nil }
      // Nobody here runs it: it waits, as it would for a release that does.
      guard kinds[state.stores[stage].effects[index].kind] != nil else {
        state.stores[stage].effects[index].nextAt = .distantFuture
        return nil
      }
      state.stores[stage].effects[index].isRunning = true
      state.stores[stage].effects[index].attempts += 1
      return state.stores[stage].effects[index]
    }
  }

  /// Puts an effect back that has run.
  private func put(_ id: UUID, _ stage: Int, _ change: (inout RehearsalEffect) -> Void) {
    state.withLock { Self.change(id, in: &$0.stores[stage], change) }
  }

  private static func change(_ id: UUID, in store: inout RehearsalStore, _ change: (inout RehearsalEffect) -> Void) {
    guard let index = store.effects.firstIndex(where: { $0.id == id }) else { return }
    store.effects[index].isRunning = false
    change(&store.effects[index])
  }

  private func outcome(of effect: RehearsalEffect, _ handler: EffectHandler, _ stage: Int) async -> EffectOutcome {
    let context = EffectContext(
      id: effect.id, attempt: effect.attempts, correlation: effect.correlation, createdAt: effect.createdAt,
      bus: bus(stage))
    do {
      return try await withTimeout(handler.policy.timeout) { try await handler.run(effect.payload, context) }
    } catch let failure as TransientFailure {
      return retry(effect, handler, failure.description, after: failure.delay)
    } catch {
      return retry(effect, handler, "\(error)", after: nil)
    }
  }

  private func retry(
    _ effect: RehearsalEffect, _ handler: EffectHandler, _ reason: String, after: Duration?
  ) -> EffectOutcome {
    .retry(after: after ?? handler.policy.backoff.delay(attempt: effect.attempts, random: 0.5), reason: reason)
  }

  private func write(
    _ outcome: EffectOutcome, of effect: RehearsalEffect, _ handler: EffectHandler, _ stage: Int
  ) throws {
    switch outcome {
    case .done(let needs, let apply):
      try finish(effect, needs, apply, stage) { store in store.effects.removeAll { $0.id == effect.id } }
    case .again(let after):
      let place = state.withLock { $0.stores[stage].nextPlace() }
      put(effect.id, stage) { row in
        row.place = place
        row.attempts = 0
        row.nextAt = self.later(after)
      }
    case .retry(let after, let reason):
      if let most = handler.policy.attemptsMax, effect.attempts >= most {
        return try giveUp(effect, handler, reason, stage)
      }
      postpone(effect, after, reason, stage)
    }
  }

  private func postpone(_ effect: RehearsalEffect, _ after: Duration, _ reason: String, _ stage: Int) {
    logger.info("an effect will be tried again", metadata: ["kind": "\(effect.kind)", "error": "\(reason)"])
    put(effect.id, stage) { row in
      row.nextAt = self.later(after)
      row.lastError = reason
    }
  }

  private func giveUp(_ effect: RehearsalEffect, _ handler: EffectHandler, _ reason: String, _ stage: Int) throws {
    do {
      switch try handler.exhausted(effect.payload, reason) {
      case .done(let needs, let apply):
        try finish(effect, needs, apply, stage) { Self.bury(effect.id, reason, in: &$0) }
      case .again(let after), .retry(let after, _):
        postpone(effect, after, reason, stage)
      }
    } catch {
      state.withLock { Self.bury(effect.id, "\(reason); then: \(error)", in: &$0.stores[stage]) }
    }
  }

  private static func bury(_ id: UUID, _ reason: String, in store: inout RehearsalStore) {
    change(id, in: &store) { row in
      row.isDead = true
      row.lastError = reason
    }
  }

  private func finish(
    _ effect: RehearsalEffect, _ needs: [Need], _ apply: (UnitOfWork) throws -> Void, _ stage: Int,
    _ end: (inout RehearsalStore) -> Void
  ) throws {
    while true {
      do {
        return try transact(stage, alongside: end) { store, now in
          try store.run(needs: needs, correlation: effect.correlation, now: now, apply)
        }
      } catch is CommitFailed {
        continue
      }
    }
  }

  private func later(_ time: Duration) -> Date { clock.now.addingTimeInterval(max(0, time.timeInterval)) }

  // MARK: - Schedules

  func tick(_ work: ScheduledWork, _ stage: Int) throws {
    guard let row = state.withLock({ $0.stores[stage].schedules[work.name] }) else { return }
    let now = clock.now
    let following = work.schedule.next(after: row.nextAt)
    if case .catchUp = work.missed, row.attempts >= timing.attemptsMax, following <= now {
      return set(row, following, stage)
    }
    let time = work.schedule.tick(due: row.nextAt, now: now, missed: work.missed)
    let next = Self.row(row, work.schedule.next(after: time))
    do {
      try transact(stage, alongside: { $0.schedules[work.name] = next }) { store, now in
        try store.run(needs: work.needs, correlation: "", now: now) { unit in
          try work.apply(Tick(name: work.name, time: time), unit)
        }
      }
    } catch is CommitFailed {
      return  // Due as before.
    } catch {
      logger.info("a scheduled step failed", metadata: ["tick": "\(work.name)", "error": "\(error)"])
      let pause = Self.tickBackoff.delay(attempt: row.attempts + 1, random: 0.5)
      set(row, row.nextAt, attempts: row.attempts + 1, retryAt: later(pause), stage)
    }
  }

  private func set(
    _ row: ScheduleRow, _ nextAt: Date, attempts: Int = 0, retryAt: Date? = nil, _ stage: Int
  ) {
    let changed = Self.row(row, nextAt, attempts: attempts, retryAt: retryAt)
    state.withLock { $0.stores[stage].schedules[row.name] = changed }
  }

  private static func row(
    _ row: ScheduleRow, _ nextAt: Date, attempts: Int = 0, retryAt: Date? = nil
  ) -> ScheduleRow {
    ScheduleRow(name: row.name, definition: row.definition, nextAt: nextAt, attempts: attempts, retryAt: retryAt)
  }
}
