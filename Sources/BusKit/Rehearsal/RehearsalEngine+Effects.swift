import Foundation

/// Effects and schedules, by the rules of `EffectRunner` and `ScheduleRunner`.
extension RehearsalEngine {
  // MARK: - Effects

  func perform(_ id: UUID, _ stage: Int) async throws {
    guard let effect = take(id, stage), let handler = stages[stage].service.effects[effect.kind] else { return }
    if let reason = exhaustion(of: effect, handler.policy) { return try giveUp(effect, handler, reason, stage) }
    let outcome: EffectOutcome
    do {
      outcome = try await run(effect, handler, stage)
    } catch {
      return try fail(effect, handler, error, "\(error)", stage)
    }
    if faults.runsEffectsTwice, state.withLock({ $0.droppedOutcomes.insert(id).inserted }) {
      return put(id, stage) { _ in }
    }
    do {
      try write(outcome, of: effect, handler, stage)
    } catch {
      try fail(effect, handler, error, "the outcome: \(error)", stage)
    }
  }

  private func exhaustion(of effect: RehearsalEffect, _ policy: EffectPolicy) -> String? {
    let last = effect.lastError.isEmpty ? nil : effect.lastError
    if let most = policy.attemptsMax, effect.attempts > most {
      return last ?? "\(most) attempts ended without an outcome"
    }
    if let deadline = policy.deadline, clock.now.timeIntervalSince(effect.createdAt) >= deadline.timeInterval {
      return "its deadline of \(deadline.milliseconds) ms has passed" + (last.map { "; at last: \($0)" } ?? "")
    }
    return nil
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

  private func run(_ effect: RehearsalEffect, _ handler: EffectHandler, _ stage: Int) async throws -> EffectOutcome {
    let context = EffectContext(
      id: effect.id, attempt: effect.attempts, correlation: effect.correlation, createdAt: effect.createdAt,
      age: age(of: effect), bus: bus(stage))
    let cause = Envelope.origin(
      correlation: effect.correlation, at: effect.createdAt, traceparent: effect.traceparent)
    let work = Work(kind: .effect, service: stages[stage].service.name, name: effect.kind, envelopes: [cause])
    return try await stages[stage].middleware.run(work) { _ in
      try await withTimeout(handler.policy.timeout) { try await handler.run(effect.payload, context) }
    }
  }

  private func age(of effect: RehearsalEffect) -> Duration {
    .milliseconds(Int64(clock.now.timeIntervalSince(effect.createdAt) * 1000))
  }

  private func fail(
    _ effect: RehearsalEffect, _ handler: EffectHandler, _ error: any Error, _ reason: String, _ stage: Int
  ) throws {
    switch FailureKind(error) {
    case .permanent: try giveUp(effect, handler, reason, stage)
    case .throttled(let wait):
      let isCounted = effect.throttles >= handler.policy.throttledMax
      try retry(effect, handler, wait, isCounted ? .failed : .throttled, reason, stage)
    case .transient(let delay):
      let wait = delay ?? handler.policy.backoff.delay(attempt: effect.attempts, random: 0.5)
      try retry(effect, handler, .after(wait), .failed, reason, stage)
    }
  }

  /// Another run later, if there is one left.
  private func retry(
    _ effect: RehearsalEffect, _ handler: EffectHandler, _ wait: Wait, _ pause: EffectStore.Pause, _ reason: String,
    _ stage: Int
  ) throws {
    let isLast = pause == .failed && handler.policy.attemptsMax.map { effect.attempts >= $0 } ?? false
    let isTooLate = handler.policy.deadline.map { age(of: effect) + wait.time(from: clock.now) >= $0 } ?? false
    guard !isLast, !isTooLate else {
      return try giveUp(
        effect, handler, isLast ? reason : "its deadline comes before its next try; at last: \(reason)", stage)
    }
    postpone(effect, wait, pause, reason, stage)
  }

  private func write(
    _ outcome: EffectOutcome, of effect: RehearsalEffect, _ handler: EffectHandler, _ stage: Int
  ) throws {
    switch outcome {
    case .done(let needs, let apply):
      try finish(effect, needs, apply, stage) { store in store.effects.removeAll { $0.id == effect.id } }
    case .again(let after, let needs, let apply):
      let (place, time) = (state.withLock { $0.stores[stage].nextPlace() }, Wait.after(after).time(from: clock.now))
      try finish(effect, needs, apply, stage) { store in
        Self.change(effect.id, in: &store) { row in
          (row.nextAt, row.lastError, row.place) = (self.later(time), "", place)
          (row.attempts, row.throttles) = (0, 0)
        }
      }
    case .retry(let after, let reason): try retry(effect, handler, .after(after), .failed, reason, stage)
    }
  }

  private func postpone(
    _ effect: RehearsalEffect, _ wait: Wait, _ pause: EffectStore.Pause, _ reason: String, _ stage: Int
  ) {
    logger.info("an effect will run again", metadata: ["kind": "\(effect.kind)", "error": "\(reason)"])
    let time = wait.time(from: clock.now)
    put(effect.id, stage) { row in
      row.nextAt = self.later(time)
      row.lastError = reason
      switch pause {
      case .failed: break
      case .throttled:
        row.attempts -= 1
        row.throttles += 1
      }
    }
  }

  private func giveUp(_ effect: RehearsalEffect, _ handler: EffectHandler, _ reason: String, _ stage: Int) throws {
    do {
      switch try handler.exhausted(effect.payload, reason) {
      case .done(let needs, let apply):
        try finish(effect, needs, apply, stage) { Self.bury(effect.id, reason, in: &$0) }
      case .again(let after, let needs, let apply):
        let time = Wait.after(after).time(from: clock.now)
        try finish(effect, needs, apply, stage) { store in
          Self.change(effect.id, in: &store) { row in (row.nextAt, row.lastError) = (self.later(time), reason) }
        }
      case .retry(let after, _):
        postpone(effect, .after(after), .failed, reason, stage)
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
      let (attempts, pause) = ScheduleRunner.outcome(
        of: error, row, now, attemptsMax: timing.attemptsMax, random: 0.5)
      set(row, row.nextAt, attempts: attempts, retryAt: later(pause), stage)
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
