import Foundation
import Postgres

/// What operators read and change in a service's own tables.
enum OperateStore {
  /// Rows that one command changes at most; the answer says when there are more.
  static let changesMax = 10_000
  private static let kindsMax = 500
  private static let errorLengthMax = 300
  private static let payloadLengthMax = 16 * 1024

  // MARK: - Figures

  static func figures(_ session: PostgresSession) throws -> StoreFigures {
    let gauges = try StoreGauges.read(session)
    let (now, late) = try lateness(session)
    return StoreFigures(
      postgresMilliseconds: now,
      outbox: .init(count: gauges.outboxUnsent, oldestSeconds: gauges.outboxOldest.timeInterval),
      delayed: gauges.outboxDelayed, withoutDay: gauges.outboxWithoutDay, isResending: gauges.isResending,
      parked: .init(count: gauges.parked, oldestSeconds: gauges.parkedOldest.timeInterval),
      effects: gauges.effects.prefix(kindsMax).map { effect in
        StoreFigures.EffectBacklog(
          kind: effect.kind, state: effect.state.rawValue, count: effect.count,
          oldestSeconds: effect.oldest.timeInterval,
          lateSeconds: effect.state == .pending ? late[effect.kind] ?? 0 : 0)
      }, inboxRows: gauges.inboxRows)
  }

  /// Postgres' time, and by how much the first effect of each kind is late that waits and that nobody runs.
  private static func lateness(_ session: PostgresSession) throws -> (now: Int64, seconds: [String: Double]) {
    var (now, seconds) = (Int64(0), [String: Double]())
    let rows = try session.execute(
      """
      select (extract(epoch from clock_timestamp()) * 1000)::bigint as now, kind, late
      from (select 1) as one left join (
        select kind, extract(epoch from clock_timestamp() - min(next_at))::float8 as late from effects
        where state = 'pending' and coalesce(lease_until < clock_timestamp(), true)
        group by kind order by kind limit $1) as effect on true
      """, [.int(kindsMax)]
    ).rows
    for row in rows {
      now = try row.int("now")
      if let kind = try row.stringIfPresent("kind") { seconds[kind] = max(0, try row.double("late")) }
    }
    return (now, seconds)
  }

  // MARK: - Lists

  static func effects(_ query: ListEffects, _ session: PostgresSession) throws -> [EffectView] {
    if let id = query.id { return try effect(id, showsPayload: query.showsPayload, session) }
    let limit = min(query.limit, ListEffects.limitMax)
    return try EffectStore.list(state: query.state, kind: query.kind, limit: limit, in: session).map { entry in
      EffectView(
        id: entry.id, kind: entry.kind, orderKey: entry.orderKey, state: entry.state.rawValue,
        attempts: entry.attempts, nextAt: entry.nextAt, createdAt: entry.createdAt,
        lastError: String(entry.lastError.prefix(errorLengthMax)), payload: nil)
    }
  }

  /// One, or none: with its payload if that is asked for. Many would not fit an answer.
  private static func effect(_ id: UUID, showsPayload: Bool, _ session: PostgresSession) throws -> [EffectView] {
    try session.execute(
      """
      select id, kind, order_key, attempts, next_at, created_at, payload, coalesce(last_error, '') as error,
        case when coalesce(lease_until >= clock_timestamp(), false) then 'running' else state end as state
      from effects where id = $1
      """, [.uuid(id)]
    ).rows.map { row in
      let payload = String(decoding: try row.bytes("payload").prefix(payloadLengthMax), as: UTF8.self)
      return EffectView(
        id: id, kind: try row.string("kind"), orderKey: try row.string("order_key"), state: try row.string("state"),
        attempts: Int(try row.int("attempts")), nextAt: try row.date("next_at"), createdAt: try row.date("created_at"),
        lastError: try row.string("error"), payload: showsPayload ? payload : nil)
    }
  }

  static func parked(_ query: ListParked, _ session: PostgresSession) throws -> [ParkedView] {
    try session.execute(
      """
      select message_id::text as message, topic, type, key, attempts, available_at, left(reason, $2) as reason
      from parked order by available_at, message_id limit $1
      """, [.int(max(1, min(query.limit, ListParked.limitMax))), .int(errorLengthMax)]
    ).rows.map { row in
      ParkedView(
        message: try row.string("message"), topic: try row.string("topic"), type: try row.string("type"),
        key: try row.string("key"), attempts: Int(try row.int("attempts")), availableAt: try row.date("available_at"),
        reason: try row.string("reason"))
    }
  }

  static func schedules(_ session: PostgresSession) throws -> [ScheduleView] {
    try session.execute(
      """
      select name, definition, coalesce(retry_at, next_at) as next_at, left(coalesce(last_error, ''), $1) as error
      from schedules order by name limit $2
      """, [.int(errorLengthMax), .int(kindsMax)]
    ).rows.map { row in
      ScheduleView(
        name: try row.string("name"), definition: try row.string("definition"), nextAt: try row.date("next_at"),
        lastError: try row.string("error"))
    }
  }

  // MARK: - Changes

  /// - Returns: how many there were.
  static func retry(_ selection: EffectSelection, _ session: PostgresSession) throws -> Int {
    switch selection {
    case .one(let id): try EffectStore.retry(id, in: session) || hurry(id, session) ? 1 : 0
    case .kind(let kind): try EffectStore.retryDead(kind: kind, in: session)
    case .all: try EffectStore.retryDead(in: session)
    }
  }

  /// Lets an effect that waits for its next attempt have it at once.
  private static func hurry(_ id: UUID, _ session: PostgresSession) throws -> Bool {
    try session.execute(
      """
      update effects set next_at = least(next_at, clock_timestamp())
      where id = $1 and state = 'pending' and coalesce(lease_until < clock_timestamp(), true)
      """, [.uuid(id)]
    ).affected == 1
  }

  /// - Returns: how many there were, at most `changesMax`.
  static func purge(_ selection: EffectSelection, olderThanSeconds: Int, _ session: PostgresSession) throws -> Int {
    let age = Duration.seconds(olderThanSeconds)
    return switch selection {
    case .one(let id):
      try session.execute(
        """
        delete from effects
        where id = $1 and state = 'dead' and \(EffectStore.endedBefore("clock_timestamp() - $2 * interval '1 s'"))
        """, [.uuid(id), .int(olderThanSeconds)]
      ).affected
    case .kind(let kind): try EffectStore.purgeDead(olderThan: age, kind: kind, limit: changesMax, in: session)
    case .all: try EffectStore.purgeDead(olderThan: age, limit: changesMax, in: session)
    }
  }

  /// False: there is none of that name.
  static func runSchedule(_ name: String, _ session: PostgresSession) throws -> Bool {
    try session.execute(
      "update schedules set next_at = least(next_at, clock_timestamp()), retry_at = null where name = $1", [.text(name)]
    ).affected == 1
  }
}
