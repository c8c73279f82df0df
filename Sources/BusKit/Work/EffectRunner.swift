import Foundation
import Logging
import Postgres
import Synchronization

/// Takes effects that are due, runs them, and writes their outcomes.
///
/// A running effect holds a lease of a few seconds that this process renews while it lives; the outcome is written only by
/// whoever still holds the lease, so a process that slept through it changes nothing.
final class EffectRunner: Sendable {
  struct Taken: Sendable {
    let id: UUID
    let kind: String
    let orderKey: String
    let payload: [UInt8]
    let correlation: String
    let attempts: Int
    let createdAt: Date
    let token: UUID
  }

  /// The lease was taken over while the effect ran: nothing of its outcome may be written.
  struct LeaseLost: Error {}

  private static let lease: Duration = .seconds(6)
  private static let runningMax = 64

  private let core: BusCore
  private let handlers: [String: EffectHandler]
  private let running = Mutex<[UUID: UUID]>([:])

  init(core: BusCore, handlers: [String: EffectHandler]) {
    self.core = core
    self.handlers = handlers
  }

  /// Runs until the service drains and what runs has finished.
  func run() async {
    guard !handlers.isEmpty else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.core.loop("effects: poll", every: self.core.timing.effectPoll) { self.core.effectWake.yield() } }
      group.addTask { await self.core.loop("effects: leases", every: .seconds(2)) { try await self.renew() } }
      for await _ in core.effectWakes {
        if core.isDraining { break }
        do {
          while case let taken = try await take(), !taken.isEmpty {
            for effect in taken { group.addTask { await self.perform(effect) } }
          }
        } catch {
          if core.isDraining { break }
          core.logger.warning("effects cannot be read", metadata: ["error": "\(error)"])
          await core.pause(.milliseconds(500))
        }
      }
    }
  }

  /// Leases effects that are due: of each order key only the first.
  private func take() async throws -> [Taken] {
    let room = Self.runningMax - running.withLock { $0.count }
    guard room > 0, !core.isDraining else { return [] }
    let token = UUID.v7()
    let kinds = Array(handlers.keys)
    let taken = try await core.pool.transaction { session in
      try session.execute(
        """
        with due as (
          select effect.id from effects as effect
          where effect.state = 'pending' and effect.next_at <= clock_timestamp() and effect.kind = any($1)
            and (effect.lease_until is null or effect.lease_until < clock_timestamp())
            and not exists (
              select 1 from effects as earlier
              where earlier.order_key = effect.order_key and earlier.state = 'pending'
                and (earlier.place, earlier.seq) < (effect.place, effect.seq))
          order by effect.next_at limit $2 for update skip locked)
        update effects
        set lease_until = clock_timestamp() + $3 * interval '1 ms', lease_token = $4, attempts = attempts + 1
        from due where effects.id = due.id
        returning effects.id, kind, order_key, payload, correlation, attempts, created_at
        """,
        [.textArray(kinds), .int(Int64(room)), .int(Self.lease.milliseconds), .uuid(token)]
      ).rows.map { row in
        Taken(
          id: try row.uuid("id"), kind: try row.string("kind"), orderKey: try row.string("order_key"),
          payload: try row.bytes("payload"), correlation: try row.string("correlation"),
          attempts: Int(try row.int("attempts")), createdAt: try row.date("created_at"), token: token)
      }
    }
    running.withLock { running in for effect in taken { running[effect.id] = effect.token } }
    return taken
  }

  private func renew() async throws {
    let held = running.withLock { $0 }
    guard !held.isEmpty else { return }
    try await core.pool.transaction { session in
      _ = try session.execute(
        """
        update effects set lease_until = clock_timestamp() + $3 * interval '1 ms'
        from unnest($1::uuid[], $2::uuid[]) as held (id, token)
        where effects.id = held.id and effects.lease_token = held.token
        """,
        [.uuidArray(held.map(\.key)), .uuidArray(held.map(\.value)), .int(Self.lease.milliseconds)])
    }
  }

  // MARK: - One effect

  private func perform(_ effect: Taken) async {
    defer {
      running.withLock { _ = $0.removeValue(forKey: effect.id) }
      core.effectWake.yield()
    }
    guard let handler = handlers[effect.kind] else { return }
    let outcome = await outcome(of: effect, handler)
    do {
      try await write(outcome, of: effect, handler)
    } catch is LeaseLost {
      core.metrics.counter("energy_bus_effects_lease_lost_total", labels: [("kind", effect.kind)]).increment()
    } catch {
      // The lease runs out and the effect is run again: effects are repeatable by their id.
      core.logger.warning(
        "an effect's outcome was not written", metadata: ["kind": "\(effect.kind)", "error": "\(error)"])
    }
  }

  private func outcome(of effect: Taken, _ handler: EffectHandler) async -> EffectOutcome {
    let context = EffectContext(
      id: effect.id, attempt: effect.attempts, correlation: effect.correlation, createdAt: effect.createdAt,
      bus: Bus(core: core))
    do {
      return try await withTimeout(handler.policy.timeout) { try await handler.run(effect.payload, context) }
    } catch let failure as TransientFailure {
      return retry(effect, handler, failure.description, after: failure.delay)
    } catch {
      return retry(effect, handler, "\(error)", after: nil)
    }
  }

  private func retry(_ effect: Taken, _ handler: EffectHandler, _ reason: String, after: Duration?) -> EffectOutcome {
    .retry(
      after: after ?? handler.policy.backoff.delay(attempt: effect.attempts, random: .random(in: 0..<1)), reason: reason)
  }

  private func write(_ outcome: EffectOutcome, of effect: Taken, _ handler: EffectHandler) async throws {
    switch outcome {
    case .done(let needs, let apply):
      try await finish(effect, needs: needs, apply, sql: "delete from effects where id = $1 and lease_token = $2")
      core.metrics.counter("energy_bus_effects_done_total", labels: [("kind", effect.kind)]).increment()
    case .again(let after):
      try await postpone(effect, after, "place = nextval(pg_get_serial_sequence('effects', 'seq')), attempts = 0", "")
    case .retry(let after, let reason):
      core.metrics.counter("energy_bus_effects_retried_total", labels: [("kind", effect.kind)]).increment()
      core.logger.notice(
        "an effect will be tried again",
        metadata: ["kind": "\(effect.kind)", "key": "\(effect.orderKey)", "attempt": "\(effect.attempts)", "error": "\(reason)"])
      if let most = handler.policy.attemptsMax, effect.attempts >= most {
        try await giveUp(effect, handler, reason)
      } else {
        try await postpone(effect, after, "attempts = attempts", reason)
      }
    }
  }

  private func giveUp(_ effect: Taken, _ handler: EffectHandler, _ reason: String) async throws {
    core.metrics.counter("energy_bus_effects_dead_total", labels: [("kind", effect.kind)]).increment()
    core.logger.error("an effect is given up", metadata: ["kind": "\(effect.kind)", "error": "\(reason)"])
    guard case .done(let needs, let apply) = try handler.exhausted(effect.payload, reason) else { return }
    try await finish(
      effect, needs: needs, apply,
      sql: "update effects set state = 'dead', lease_until = null where id = $1 and lease_token = $2")
  }

  private func finish(
    _ effect: Taken, needs: [Need], _ apply: @escaping @Sendable (UnitOfWork) throws -> Void, sql: String
  ) async throws {
    try await core.runner.transaction(
      needs: needs, correlation: effect.correlation,
      before: { session in
        let affected = try session.execute(sql, [.uuid(effect.id), .uuid(effect.token)]).affected
        guard affected == 1 else { throw LeaseLost() }
      }, apply)
  }

  private func postpone(_ effect: Taken, _ after: Duration, _ change: String, _ reason: String) async throws {
    try await core.pool.transaction { session in
      _ = try session.execute(
        """
        update effects set next_at = clock_timestamp() + $3 * interval '1 ms', lease_until = null, lease_token = null,
          last_error = $4, \(change)
        where id = $1 and lease_token = $2
        """, [.uuid(effect.id), .uuid(effect.token), .int(after.milliseconds), .text(String(reason.prefix(1000)))])
    }
  }
}

/// Runs a task with a time limit; at the limit it is cancelled and `TransientFailure` is thrown.
func withTimeout<T: Sendable>(_ limit: Duration, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
  try await withThrowingTaskGroup(of: T.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: limit)
      throw TransientFailure("no result within \(limit.milliseconds) ms")
    }
    guard let first = try await group.next() else { throw CancellationError() }
    group.cancelAll()
    return first
  }
}
