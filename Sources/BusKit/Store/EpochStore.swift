import Foundation
import Postgres

/// What this service remembers of Redis, beside its outbox: the epoch (another one: Redis has lost its memory) and the
/// server process (another one: the last unfinished fsync may be lost).
enum EpochStore {
  /// Services share a database: each has a lock of its own.
  private static let lock = "hashtextextended('bus_epoch:' || current_schema(), 0)"

  /// Held while rows are marked sent, so that no row is marked between a change of the epoch and its sending again.
  static func enqueueSharedLock(in session: PostgresSession) throws {
    try session.enqueue("select pg_advisory_xact_lock_shared(\(lock))")
  }

  /// Stores what was found, and makes rows be sent again when it differs. Returns how many.
  static func compare(epoch: String, runID: String, in session: PostgresSession) throws -> Int {
    _ = try session.execute("select pg_advisory_xact_lock(\(lock))")
    var stored: [String: String] = [:]
    for row in try session.execute("select key, value from bus_state where key in ('epoch', 'run_id')").rows {
      stored[try row.string("key")] = try row.string("value")
    }
    if stored["epoch"] == epoch, stored["run_id"] == runID { return 0 }
    for (key, value) in [("epoch", epoch), ("run_id", runID)] {
      try session.enqueue(
        "insert into bus_state (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value",
        [.text(key), .text(value)])
    }
    guard let known = stored["epoch"] else { return 0 }
    // The last minute before Redis went, however long it was away: nothing is marked sent between its return and this.
    return try known == epoch
      ? OutboxStore.resend(after: "(select max(sent_at) from outbox) - interval '60 s'", in: session)
      : OutboxStore.resend(after: "'-infinity'", in: session)
  }
}
