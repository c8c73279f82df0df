import Foundation
import Postgres

/// What operators read and change in a service's own tables.
enum OperateStore {
  /// Rows that one command changes at most; the answer says when there are more.
  static let changesMax = 10_000
  /// Rows that one step of a replay takes: short enough to hold nobody up.
  static let replayStep = 2_000
  private static let kindsMax = 500
  private static let errorLengthMax = 300
  private static let payloadLengthMax = 16 * 1024

  // MARK: - Figures

  static func figures(_ session: PostgresSession) throws -> StoreFigures {
    let row = try single(
      """
      select (extract(epoch from clock_timestamp()) * 1000)::bigint as now,
        count(*) filter (where available_at <= clock_timestamp()) as due,
        count(*) filter (where available_at > clock_timestamp()) as delayed,
        extract(epoch from greatest(interval '0', clock_timestamp() - min(available_at)))::float8 as oldest,
        (select greatest(reltuples, 0)::bigint from pg_class where oid = to_regclass('inbox')) as inbox
      from outbox where sent_at is null
      """, session)
    return StoreFigures(
      postgresMilliseconds: try row.int("now"),
      outbox: .init(count: Int(try row.int("due")), oldestSeconds: try row.doubleIfPresent("oldest") ?? 0),
      delayed: Int(try row.int("delayed")), parked: try parkedBacklog(session), effects: try effects(session),
      inboxRows: Int(try row.intIfPresent("inbox") ?? 0))
  }

  private static func effects(_ session: PostgresSession) throws -> [StoreFigures.EffectBacklog] {
    try session.execute(
      """
      select kind, state, count(*) as count,
        extract(epoch from clock_timestamp() - min(created_at))::float8 as oldest,
        extract(epoch from clock_timestamp() - min(next_at) filter (
          where state = 'pending' and coalesce(lease_until < clock_timestamp(), true)))::float8 as late
      from effects group by kind, state order by kind, state limit $1
      """, [.int(kindsMax)]
    ).rows.map { row in
      StoreFigures.EffectBacklog(
        kind: try row.string("kind"), state: try row.string("state"), count: Int(try row.int("count")),
        oldestSeconds: try row.double("oldest"), lateSeconds: max(0, try row.doubleIfPresent("late") ?? 0))
    }
  }

  private static func parkedBacklog(_ session: PostgresSession) throws -> StoreFigures.Backlog {
    guard try hasParked(session) else { return .init(count: 0, oldestSeconds: 0) }
    let row = try single(
      """
      select count(*) as count, extract(epoch from clock_timestamp() - min(first_parked_at))::float8 as oldest from parked
      """, session)
    return .init(count: Int(try row.int("count")), oldestSeconds: try row.doubleIfPresent("oldest") ?? 0)
  }

  private static func hasParked(_ session: PostgresSession) throws -> Bool {
    try single("select to_regclass('parked') is not null as found", session).bool("found")
  }

  private static func single(_ sql: String, _ session: PostgresSession) throws -> PostgresRow {
    guard let row = try session.execute(sql).rows.first else { throw InvariantViolation("no row for: \(sql)") }
    return row
  }

  // MARK: - Lists

  static func effects(_ query: ListEffects, _ session: PostgresSession) throws -> [EffectView] {
    try session.execute(
      """
      select id, kind, order_key, state, attempts, next_at, created_at, payload,
        coalesce(lease_until >= clock_timestamp(), false) as running, left(coalesce(last_error, ''), $5) as error
      from effects
      where ($1::text is null or kind = $1) and ($2::text is null or state = $2) and ($3::uuid is null or id = $3)
      order by state, created_at, id limit $4
      """,
      [
        query.kind.map { .text($0) } ?? .null, query.state.map { .text($0) } ?? .null,
        query.id.map { .uuid($0) } ?? .null, .int(max(1, min(query.limit, ListEffects.limitMax))),
        .int(query.id == nil ? errorLengthMax : 10 * errorLengthMax),
      ]
    ).rows.map { row in
      // One at a time: many payloads would not fit an answer.
      let shows = query.showsPayload && query.id != nil
      return EffectView(
        id: try row.uuid("id"), kind: try row.string("kind"), orderKey: try row.string("order_key"),
        state: try row.bool("running") ? "running" : try row.string("state"), attempts: Int(try row.int("attempts")),
        nextAt: try row.date("next_at"), createdAt: try row.date("created_at"), lastError: try row.string("error"),
        payload: shows ? String(decoding: try row.bytes("payload").prefix(payloadLengthMax), as: UTF8.self) : nil)
    }
  }

  static func parked(_ query: ListParked, _ session: PostgresSession) throws -> [ParkedView] {
    guard try hasParked(session) else { return [] }
    return try session.execute(
      """
      select message_id::text as message, topic, type, key, attempts, available_at, left(coalesce(reason, ''), $2) as reason
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
      select name, next_at, coalesce(to_jsonb(schedules) ->> 'definition', '') as definition,
        left(coalesce(to_jsonb(schedules) ->> 'last_error', ''), $1) as error
      from schedules order by name limit $2
      """, [.int(errorLengthMax), .int(kindsMax)]
    ).rows.map { row in
      ScheduleView(
        name: try row.string("name"), definition: try row.string("definition"), nextAt: try row.date("next_at"),
        lastError: try row.string("error"))
    }
  }

  // MARK: - Changes

  /// - Returns: how many there were, at most `changesMax`.
  static func retry(_ selection: EffectSelection, _ session: PostgresSession) throws -> Int {
    let (condition, parameter) = condition(selection)
    return try session.execute(
      """
      update effects set state = 'pending', attempts = 0, next_at = clock_timestamp(), lease_until = null,
        lease_token = null
      where id in (
        select id from effects where \(condition) and coalesce(lease_until < clock_timestamp(), true)
        order by created_at, id limit \(changesMax) for update skip locked)
      """, parameter
    ).affected
  }

  static func purge(_ selection: EffectSelection, olderThanSeconds: Int, _ session: PostgresSession) throws -> Int {
    let (condition, parameter) = condition(selection)
    return try session.execute(
      """
      delete from effects
      where id in (
        select id from effects where \(condition) and state = 'dead'
          and created_at <= clock_timestamp() - $\(parameter.count + 1) * interval '1 s'
        order by created_at, id limit \(changesMax) for update skip locked)
      """, parameter + [.int(max(0, olderThanSeconds))]
    ).affected
  }

  private static func condition(_ selection: EffectSelection) -> (sql: String, parameters: [PostgresValue]) {
    switch selection {
    case .one(let id): ("id = $1", [.uuid(id)])
    case .kind(let kind): ("state = 'dead' and kind = $1", [.text(kind)])
    case .all: ("state = 'dead'", [])
    }
  }

  /// False: there is none of that name.
  static func runSchedule(_ name: String, _ session: PostgresSession) throws -> Bool {
    try session.execute(
      "update schedules set next_at = least(next_at, clock_timestamp()) where name = $1", [.text(name)]
    ).affected == 1
  }

  /// Makes sent messages unsent: one step. What was taken is sent after `until`, so that the steps come to an end and
  /// may be repeated.
  /// - Returns: how many; less than a whole step: that was the last one.
  static func replay(_ filter: OutboxFilter, until: Date, _ session: PostgresSession) throws -> Int {
    try session.execute(
      """
      update outbox set sent_at = null, stream_id = null, available_at = clock_timestamp()
      where message_id in (
        select message_id from outbox
        where sent_at is not null and sent_at <= $1 and ($2::timestamptz is null or sent_at >= $2)
          and ($3::text is null or key = $3) and ($4::text is null or topic = $4) and ($5::text is null or type = $5)
          and topic not like 'replies.%'
        order by sent_at limit \(replayStep) for update skip locked)
      """,
      [
        .timestamp(until), filter.from.map { .timestamp($0) } ?? .null, filter.key.map { .text($0) } ?? .null,
        filter.topic.map { .text($0) } ?? .null, filter.type.map { .text($0) } ?? .null,
      ]
    ).affected
  }
}
