import Foundation
import Postgres

/// The days of the outbox: made ahead, dropped when they are old and everything in them has been sent. There is no
/// deleting row by row.
///
/// A row whose day has no partition lands in `outbox_default`, so that an insert never fails; from there it moves when
/// its day is made.
enum OutboxPartitions {
  /// Days that exist before they come: a service may be without its upkeep for so long.
  static let daysAhead = 3
  private static let lock = "hashtextextended('outbox_days:' || current_schema(), 0)"

  /// Makes the days that are missing, today and ahead. Another replica that is at it is left alone.
  static func makeAhead(in session: PostgresSession) throws {
    guard try tryLock(in: session) else { return }
    let rows = try session.execute(
      """
      select day - date '1970-01-01' as number from (
        select (now() at time zone 'UTC')::date + n as day from generate_series(0, $1) as n
        union select day from outbox_default) as wanted
      where to_regclass('outbox_' || to_char(day, 'YYYYMMDD')) is null order by day
      """, [.int(daysAhead)]
    ).rows
    for row in rows { try make(OutboxDay(number: Int(try row.int("number"))), in: session) }
  }

  /// Attaching, unlike `partition of`, keeps readers and writers of the other days going. What the default partition
  /// holds of the day must leave it first, and nothing of it may come meanwhile: the default partition is locked before
  /// it is looked at, for the moment that this takes.
  private static func make(_ day: OutboxDay, in session: PostgresSession) throws {
    let next = OutboxDay(number: day.number + 1)
    try session.script(
      """
      create table \(day.table) (like outbox including all);
      lock table outbox_default in access exclusive mode;
      with moved as (delete from outbox_default where day = '\(day.text)' returning *)
      insert into \(day.table) select * from moved;
      alter table outbox attach partition \(day.table) for values from ('\(day.text)') to ('\(next.text)');
      """)
  }

  struct Drops: Sendable, Equatable {
    var dropped = 0
    /// Days past their time that still hold what should have been sent. What waits for its own time keeps its day, too,
    /// and is nobody's fault.
    var withUnsent: [String] = []
  }

  /// Drops days that ended longer ago than `retention`, if everything in them was sent longer ago, too.
  static func dropOld(retention: Duration, in session: PostgresSession) throws -> Drops {
    var drops = Drops()
    guard try tryLock(in: session) else { return drops }
    let keep: [PostgresValue] = [.int(retention.milliseconds)]
    let past = try session.execute(
      """
      select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
      where inhparent = to_regclass('outbox') and relname ~ '^outbox_[0-9]{8}$'
        and relname < 'outbox_' || to_char((now() - $1 * interval '1 ms') at time zone 'UTC', 'YYYYMMDD')
      order by relname
      """, keep
    ).rows.map { try $0.string("name") }
    for table in past {
      // Looked at before the lock, which everybody waits for, and once more under it.
      switch try state(of: table, keep, in: session) {
      case .needed: continue
      case .unsent:
        drops.withUnsent.append(table)
        continue
      case .done: try session.script("lock table only outbox, only \(table) in access exclusive mode")
      }
      guard try state(of: table, keep, in: session) == .done else { continue }
      try session.script("drop table \(table)")
      drops.dropped += 1
    }
    return drops
  }

  private enum State { case unsent, needed, done }

  private static func state(
    of table: String, _ keep: [PostgresValue], in session: PostgresSession
  ) throws -> State {
    guard let row = try session.execute(
      """
      select exists (
          select 1 from outbox_queue join \(table) as held using (day, message_id)
          where day = to_date($2, '"outbox_"YYYYMMDD')
            and coalesce(held.delayed_until, held.created_at) <= now()) as unsent,
        exists (select 1 from outbox_queue where day = to_date($2, '"outbox_"YYYYMMDD')) as waits,
        exists (select 1 from \(table) where \(OutboxStore.sentAt) >= now() - $1 * interval '1 ms') as recent
      """, keep + [.text(table)]
    ).rows.first else { throw InvariantViolation("Postgres did not tell the state of \(table)") }
    if try row.bool("unsent") { return .unsent }
    return try row.bool("waits") || row.bool("recent") ? .needed : .done
  }

  /// Waiting for a table's lock holds up all that come after: better to try again later.
  private static func tryLock(in session: PostgresSession) throws -> Bool {
    try session.enqueue("set local lock_timeout = '500ms'")
    let rows = try session.execute("select pg_try_advisory_xact_lock(\(lock)) as is_mine").rows
    return try rows.first?.bool("is_mine") ?? false
  }

  /// Deletes sent rows of the default partition, which is never dropped. Returns how many.
  static func deleteFromDefault(retention: Duration, limit: Int, in session: PostgresSession) throws -> Int {
    try session.execute(
      """
      delete from outbox_default where (day, message_id) in (
        select day, message_id from outbox_default
        where \(OutboxStore.sentAt) < now() - $1 * interval '1 ms'
          and not exists (select 1 from outbox_queue where outbox_queue.message_id = outbox_default.message_id)
        limit $2)
      """, [.int(retention.milliseconds), .int(limit)]
    ).affected
  }
}
