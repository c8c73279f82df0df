import Foundation
import Postgres

/// An effect that this process has leased.
struct TakenEffect: Sendable {
  let id: UUID
  let kind: String
  let orderKey: String
  let payload: [UInt8]
  let correlation: String
  let traceparent: String
  /// This run included.
  let attempts: Int
  let createdAt: Date
  /// The time since it was recorded, or given another life, when it was taken.
  let age: Duration
  /// By Postgres' clock.
  let takenAt: Date
  /// Runs that ended with `Throttled` and were not counted.
  let throttles: Int
  let lastError: String
  /// Whoever holds it may write the outcome.
  let token: UUID
}

/// Reads and writes of the effects table.
public enum EffectStore {
  private static let lock = "hashtextextended('effects:' || current_schema(), 0)"

  static func enqueueInsert(_ effects: [PendingEffect], now: Date, in session: PostgresSession) throws {
    guard !effects.isEmpty else { return }
    // `seq` is given in the order of the arrays: it is the order in which effects of one key run.
    try session.enqueue(
      """
      insert into effects (id, kind, order_key, payload, correlation, traceparent, next_at)
      select * from unnest(
        $1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::timestamptz[])
      """,
      [
        .uuidArray(effects.map(\.id)), .textArray(effects.map(\.kind)), .textArray(effects.map(\.orderKey)),
        .bytesArray(effects.map(\.payload)), .textArray(effects.map(\.correlation)),
        .textArray(effects.map(\.traceparent)),
        .array(effects.map { .timestamp($0.at ?? now) }),
      ])
  }

  /// Leases effects that are due: of each order key one, the first, and none while another of its key is leased.
  ///
  /// Takers go one after another: each must see what the one before has leased. An effect that waits by its own wish
  /// (`EffectOutcome.again`, which sets `place`) holds nobody up until it is due.
  ///
  /// The statement keeps the plan that it got while the table was empty, when every index looks as good as the right
  /// one. A subquery in the index' own order, instead of `not exists`, leaves the planner no other.
  /// - Parameter rooms: how many of each kind.
  static func take(
    _ rooms: [String: Int], limit: Int, lease: Duration, token: UUID, in session: PostgresSession
  ) throws -> [TakenEffect] {
    let kinds = rooms.filter { $0.value > 0 }.sorted { $0.key < $1.key }
    try session.enqueuePlansByKey()
    try session.enqueue("select pg_advisory_xact_lock(\(lock))")
    return try session.execute(
      """
      with due as (
        select first.id from unnest($1::text[], $2::bigint[]) as kind (name, room),
        lateral (
          select effect.id from effects as effect
          where effect.kind = kind.name and effect.state = 'pending' and effect.next_at <= statement_timestamp()
            and (effect.lease_until is null or effect.lease_until < statement_timestamp())
            and (
              select true from effects as other
              where other.order_key = effect.order_key and other.state = 'pending' and other.id <> effect.id
                and (other.lease_until >= statement_timestamp()
                  or (other.place, other.seq) < (effect.place, effect.seq)
                    and (other.place = 0 or other.next_at <= statement_timestamp()))
              order by other.order_key, other.place, other.seq limit 1) is null
          order by effect.next_at limit kind.room for update skip locked) as first
        limit $3)
      update effects
      set lease_until = clock_timestamp() + $4 * interval '1 ms', lease_token = $5, attempts = attempts + 1
      where id = any(array(select id from due))
      returning id, kind, order_key, payload, correlation, traceparent, attempts, throttles, created_at,
        clock_timestamp() as taken_at, \(age("coalesce(retried_at, created_at)")) as age_ms,
        coalesce(last_error, '') as last_error
      """,
      [
        .textArray(kinds.map(\.key)), .intArray(kinds.map { Int64($0.value) }), .int(limit), .int(lease.milliseconds),
        .uuid(token),
      ]
    ).rows.map { row in
      TakenEffect(
        id: try row.uuid("id"), kind: try row.string("kind"), orderKey: try row.string("order_key"),
        payload: try row.bytes("payload"), correlation: try row.string("correlation"),
        traceparent: try row.string("traceparent"),
        attempts: Int(try row.int("attempts")), createdAt: try row.date("created_at"),
        age: .milliseconds(try row.int("age_ms")), takenAt: try row.date("taken_at"),
        throttles: Int(try row.int("throttles")), lastError: try row.string("last_error"), token: token)
    }
  }

  /// What is locked is being ended, or will be renewed the next time: one row that waits must not cost the others
  /// their leases.
  static func renew(_ held: [UUID: UUID], lease: Duration, in session: PostgresSession) throws {
    _ = try session.execute(
      """
      with mine as (
        select effects.id from effects
        join unnest($1::uuid[], $2::uuid[]) as held (id, token) on effects.id = held.id and lease_token = held.token
        order by effects.id for update of effects skip locked)
      update effects set lease_until = clock_timestamp() + $3 * interval '1 ms' from mine where effects.id = mine.id
      """,
      [.uuidArray(held.map(\.key)), .uuidArray(held.map(\.value)), .int(lease.milliseconds)])
  }

  /// How a leased effect ends a run that did not go well; the others are `EffectEnd`s. Each returns false when the
  /// lease has been taken over: then nothing may be written.
  static func bury(_ effect: TakenEffect, reason: String, in session: PostgresSession) throws -> Bool {
    try session.execute(
      """
      update effects set state = 'dead', ended_at = clock_timestamp(), lease_until = null, lease_token = null,
        last_error = $3
      where id = $1 and lease_token = $2
      """, [.uuid(effect.id), .uuid(effect.token), .text(reason.storable)]
    ).affected == 1
  }

  /// Why an effect waits for its next run that did not wish to.
  enum Pause {
    case failed
    /// Not counted as an attempt.
    case throttled
  }

  static func postpone(
    _ effect: TakenEffect, _ wait: Wait, _ pause: Pause, reason: String, in session: PostgresSession
  ) throws -> Bool {
    let change =
      switch pause {
      case .failed: "attempts = attempts"
      case .throttled: "attempts = attempts - 1, throttles = throttles + 1"
      }
    let (moment, parameter) = wait.sql("$3")
    return try session.execute(
      """
      update effects set next_at = \(moment), lease_until = null, lease_token = null, last_error = $4, \(change)
      where id = $1 and lease_token = $2
      """, [.uuid(effect.id), .uuid(effect.token), parameter, .text(reason.storable)]
    ).affected == 1
  }
}

extension Wait {
  /// The moment as an expression of Postgres' clock, and what to bind to its parameter.
  func sql(_ parameter: String) -> (expression: String, value: PostgresValue) {
    let longest = "clock_timestamp() + interval '\(Self.longest.milliseconds) ms'"
    return switch self {
    case .after(let time):
      ("clock_timestamp() + \(parameter) * interval '1 ms'", .int(max(.zero, min(time, Self.longest)).milliseconds))
    case .until(let moment): ("least(\(parameter)::timestamptz, \(longest))", .timestamp(moment))
    }
  }
}

extension String {
  /// Postgres stores no NUL in text; an error's words must not keep what failed from being written down.
  var storable: String { String(prefix(1000)).replacing("\0", with: "") }
}
