import Foundation
import Postgres

/// What this service remembers of Redis, beside its outbox: the epoch (another one: Redis has lost its memory) and the
/// server process (another one: the last unfinished fsync may be lost).
enum EpochStore {
  /// Services share a database: each has a lock of its own.
  private static let lock = "hashtextextended('bus_epoch:' || current_schema(), 0)"

  /// Held while rows are marked sent, so that no row is marked between a change of the epoch and its sending again.
  static let sharedLock = "pg_advisory_xact_lock_shared(\(lock))"

  /// How long before the point that is known to be safe sending again begins: how exactly the time of sending is known
  /// (`OutboxStore.sentAt`), what an unfinished fsync may have lost (2 s), and how exactly Redis' clock is. All of that
  /// is sent again whenever Redis was away, at a time when there is much else to do.
  private static let margin = "interval '12 s'"

  /// When the last message was sent, by the order of their sending: those that wait now were never marked.
  private static let lastSent = """
    (select \(OutboxStore.sentAt) from outbox
      where not exists (select 1 from outbox_queue where outbox_queue.message_id = outbox.message_id)
      order by \(OutboxStore.sentAt) desc limit 1)
    """

  /// Stores what was found. When it differs from what was known, messages are to be sent again: true, and
  /// `Resend.step` does it.
  static func compare(epoch: String, runID: String, in session: PostgresSession) throws -> Bool {
    _ = try session.execute("select pg_advisory_xact_lock(\(lock))")
    let stored = try BusState.read(["epoch", "run_id"], in: session)
    if stored["epoch"] == epoch, stored["run_id"] == runID { return false }
    try BusState.enqueueWrite(["epoch": epoch, "run_id": runID], in: session)
    guard let known = stored["epoch"] else { return false }
    // Everybody who marked a row did it before this lock was given: what is marked from here on is in the new Redis.
    try Resend.begin(
      from: known == epoch
        // The last moments before Redis went, however long it was away: nothing is marked between its return and this.
        // And all that somebody still needs: its file may have lost more than its end.
        ? "least(\(lastSent), (select value::timestamptz from bus_state where key = 'floor')) - \(margin)"
        : "coalesce((select value::timestamptz from bus_state where key = 'floor') - \(margin), '-infinity')",
      in: session)
    return true
  }

  /// Notes the lowest point in time, by Postgres' clock, from which a declared group may still need what this service
  /// has sent. A Redis that loses its memory gets everything from there on again.
  ///
  /// While a release replaces another, their replicas know of different topics and groups. Each set of them has its own
  /// note, and the lowest that is not older than `floorHold` is the floor.
  ///
  /// - Parameters:
  ///   - floor: nil: somebody may need everything; the floor stays where it is.
  ///   - readers: names the topics and groups that were asked for.
  ///   - life: the epoch and the server process of Redis when the point was read there: what another one says, or the
  ///     same after an end that nobody has compared yet, tells nothing of what has been lost, and is not noted.
  /// - Returns: whether it was noted.
  @discardableResult
  static func note(floor: Date?, of readers: String, life: BrokerLife, in session: PostgresSession) throws -> Bool {
    // A note that a crash takes back leaves the one before it: only more is sent again.
    try session.enqueue("select set_config('synchronous_commit', 'off', true), \(sharedLock)")
    // One after another: each sees what the one before has noted.
    try session.enqueue("select pg_advisory_xact_lock(hashtextextended('bus_floor:' || current_schema(), 0))")
    try session.enqueue(
      """
      insert into bus_state (key, value)
      select \(floorKey("$3")), coalesce($1::timestamptz::text,
        (select split_part(value, ';', 1) from bus_state where key = \(floorKey("$3"))),
        (select value from bus_state where key = 'floor'), '-infinity') || ';' || clock_timestamp()::text
      where \(isLife(epoch: "$2", runID: "$4"))
      on conflict (key) do update set value = excluded.value
      """, [floor.map { .timestamp($0) } ?? .null, .text(life.epoch), .text(readers), .text(life.runID)])
    try session.enqueue(
      """
      delete from bus_state where key <> \(floorKey("$1")) and case when key like 'floor:%'
        then split_part(value, ';', 2)::timestamptz < clock_timestamp() - \(floorHold) else false end
      """, [.text(readers)])
    try session.enqueue(
      """
      insert into bus_state (key, value)
      select 'floor', min(case when key like 'floor:%' then split_part(value, ';', 1)::timestamptz end)::text
      from bus_state having count(*) filter (where key like 'floor:%') > 0
      on conflict (key) do update set value = excluded.value
      """)
    return try session.answers(to: 3)[0].affected > 0
  }

  /// Whether Redis was last seen to have this epoch, in this server process.
  static func isLife(epoch: String, runID: String) -> String {
    """
    (select count(*) from bus_state where key = 'epoch' and value = \(epoch) or key = 'run_id' and value = \(runID)) = 2
    """
  }

  /// The key of a note. A name of any length fits.
  private static func floorKey(_ readers: String) -> String { "'floor:' || hashtextextended(\(readers)::text, 0)" }

  /// So long the note of a release counts that nobody renews: its last replica may only be slow, or silent for a while.
  private static let floorHold = "interval '5 min'"

  /// Postgres' clock.
  static func clock(in session: PostgresSession) throws -> Date {
    guard let row = try session.execute("select clock_timestamp() as now").rows.first else {
      throw InvariantViolation("Postgres did not tell its time")
    }
    return try row.date("now")
  }

  /// Whether some replica has noted the floor for these readers within this time.
  static func isFloorNoted(of readers: String, within time: Duration, in session: PostgresSession) throws -> Bool {
    try session.execute(
      """
      select coalesce(
        (select split_part(value, ';', 2)::timestamptz from bus_state where key = \(floorKey("$2")))
          > clock_timestamp() - $1 * interval '1 ms', false) as is_noted
      """, [.int(time.milliseconds), .text(readers)]
    ).rows.first?.bool("is_noted") ?? false
  }
}

/// Small facts that outlive the process.
enum BusState {
  static func read(_ keys: [String], in session: PostgresSession) throws -> [String: String] {
    var values: [String: String] = [:]
    for row in try session.execute("select key, value from bus_state where key = any($1)", [.textArray(keys)]).rows {
      values[try row.string("key")] = try row.string("value")
    }
    return values
  }

  static func enqueueWrite(_ values: [String: String], in session: PostgresSession) throws {
    let sorted = values.sorted { $0.key < $1.key }
    try session.enqueue(
      """
      insert into bus_state (key, value) select * from unnest($1::text[], $2::text[])
      on conflict (key) do update set value = excluded.value
      """, [.textArray(sorted.map(\.key)), .textArray(sorted.map(\.value))])
  }

  static func enqueueRemoval(_ keys: [String], in session: PostgresSession) throws {
    try session.enqueue("delete from bus_state where key = any($1)", [.textArray(keys)])
  }
}
