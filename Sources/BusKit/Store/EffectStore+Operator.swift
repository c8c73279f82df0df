import Foundation
import Postgres

/// One effect as the operator sees it.
public struct EffectEntry: Sendable, Equatable {
  /// Where an effect stands.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Waits for its time, or for another of its order key.
    case pending
    /// A process holds its lease.
    case running
    /// Given up; kept until it is tried again or purged.
    case dead
  }
  /// The idempotency key towards the world.
  public let id: UUID
  /// `Effect.kind`
  public let kind: String
  /// `Effect.orderKey`
  public let orderKey: String
  /// Where it stands.
  public let state: State
  /// Runs that have begun.
  public let attempts: Int
  /// When it is due.
  public let nextAt: Date
  /// Until when the process that runs it has it; nil: it is not running.
  public let leaseUntil: Date?
  /// Empty when nothing has failed.
  public let lastError: String
  /// When its handler recorded it.
  public let createdAt: Date
  /// Since it was recorded, by Postgres' clock.
  public let age: Duration
}

/// How many effects of a kind are in a state.
public struct EffectCount: Sendable, Equatable {
  /// `Effect.kind`
  public let kind: String
  /// Where they stand.
  public let state: EffectEntry.State
  /// How many there are.
  public let count: Int
  /// The age of the one that was recorded first.
  public let oldest: Duration
}

extension EffectStore {
  /// No answer holds more.
  public static let listMax = 1_000
  private static let state = """
    case when state = 'dead' then 'dead' when lease_until >= statement_timestamp() then 'running' else 'pending' end
    """

  /// The effects that were recorded first come first.
  /// - Parameter limit: at most `listMax`.
  public static func list(
    state: EffectEntry.State? = nil, kind: String? = nil, limit: Int = 100, in session: PostgresSession
  ) throws -> [EffectEntry] {
    try session.execute(
      """
      select * from (
        select id, kind, order_key, \(Self.state) as state, attempts, next_at, lease_until, created_at, seq,
          coalesce(last_error, '') as last_error, \(age("created_at")) as age_ms
        from effects where $1::text is null or kind = $1) as effect
      where $2::text is null or state = $2 order by seq limit $3
      """,
      [
        kind.map { .text($0) } ?? .null, state.map { .text($0.rawValue) } ?? .null, .int(max(1, min(limit, listMax))),
      ]
    ).rows.map { row in
      EffectEntry(
        id: try row.uuid("id"), kind: try row.string("kind"), orderKey: try row.string("order_key"),
        state: try entryState(row), attempts: Int(try row.int("attempts")), nextAt: try row.date("next_at"),
        leaseUntil: try row.dateIfPresent("lease_until"), lastError: try row.string("last_error"),
        createdAt: try row.date("created_at"), age: .milliseconds(try row.int("age_ms")))
    }
  }

  /// How many effects there are of each kind and state.
  public static func counts(in session: PostgresSession) throws -> [EffectCount] {
    try counts(of: session.execute(countStatement).rows)
  }

  static let countStatement = """
    select kind, \(state) as state, count(*) as n, \(age("min(created_at)")) as age_ms
    from effects group by 1, 2 order by 1, 2
    """

  static func counts(of rows: [PostgresRow]) throws -> [EffectCount] {
    try rows.map { row in
      EffectCount(
        kind: try row.string("kind"), state: try entryState(row), count: Int(try row.int("n")),
        oldest: .milliseconds(try row.int("age_ms")))
    }
  }

  /// Gives a dead effect another life: its attempts and its deadline begin anew. False: there is no dead one of this
  /// id.
  public static func retry(_ id: UUID, in session: PostgresSession) throws -> Bool {
    try revive("id = $1", [.uuid(id)], in: session) == 1
  }

  /// The same for all that are dead, or all of one kind. Returns how many.
  public static func retryDead(kind: String? = nil, in session: PostgresSession) throws -> Int {
    try revive("$1::text is null or kind = $1", [kind.map { .text($0) } ?? .null], in: session)
  }

  private static func revive(
    _ condition: String, _ parameters: [PostgresValue], in session: PostgresSession
  ) throws -> Int {
    try session.execute(
      """
      update effects set state = 'pending', attempts = 0, throttles = 0, next_at = clock_timestamp(),
        retried_at = clock_timestamp(), ended_at = null, lease_until = null, lease_token = null
      where state = 'dead' and (\(condition))
      """, parameters
    ).affected
  }

  /// Whether a dead effect was given up before a moment. Programs of version 1 that run beside this one note no time:
  /// then it is the time of its last run.
  static func endedBefore(_ moment: String) -> String {
    "(ended_at <= \(moment) or ended_at is null and next_at <= \(moment))"
  }

  /// Deletes effects that were given up longer ago. Returns how many.
  public static func purgeDead(
    olderThan age: Duration, kind: String? = nil, limit: Int = 10_000, in session: PostgresSession
  ) throws -> Int {
    try session.execute(
      """
      delete from effects where id in (
        select id from effects where state = 'dead' and \(endedBefore("clock_timestamp() - $1 * interval '1 ms'"))
          and ($2::text is null or kind = $2)
        limit $3)
      """, [.int(age.milliseconds), kind.map { .text($0) } ?? .null, .int(limit)]
    ).affected
  }

  private static func entryState(_ row: PostgresRow) throws -> EffectEntry.State {
    let text = try row.string("state")
    guard let state = EffectEntry.State(rawValue: text) else {
      throw InvariantViolation("an effect is in the state '\(text)'; this program knows pending and dead")
    }
    return state
  }
}

/// The milliseconds since a moment, as an SQL expression.
func age(_ moment: String) -> String { "(extract(epoch from clock_timestamp() - \(moment)) * 1000)::bigint" }
