import Postgres

/// How much waits in a service's schema, and for how long: for gauges and alarms. Ages are by Postgres' clock.
public struct StoreGauges: Sendable, Equatable {
  /// Messages that should have left, counted up to `countMax`.
  public var outboxUnsent: Int
  /// How long the oldest of them has been due; zero when there is none.
  public var outboxOldest: Duration
  /// Messages that wait for their time, counted up to `countMax`.
  public var outboxDelayed: Int
  /// Rows that a day without a partition left in the default one; more than none for long: look why.
  public var outboxWithoutDay: Int
  /// Whether messages are being sent again because Redis has changed.
  public var isResending: Bool
  /// Messages that wait in Postgres for another try.
  public var parked: Int
  /// Since the oldest was first parked; zero when there is none.
  public var parkedOldest: Duration
  /// By kind and state.
  public var effects: [EffectCount]
  /// An estimate: what the last analysis of the table found.
  public var inboxRows: Int

  /// Counting more than this takes longer than a gauge is worth.
  public static let countMax = 100_000

  /// One round trip.
  public static func read(_ session: PostgresSession) throws -> StoreGauges {
    _ = try session.flush()
    for statement in [outbox, outboxState, parked, EffectStore.countStatement, inbox] { try session.enqueue(statement) }
    let results = Array(try session.flush().suffix(5))
    guard results.count == 5, let outbox = results[0].rows.first, let state = results[1].rows.first,
      let parked = results[2].rows.first
    else { throw InvariantViolation("Postgres answered \(results.count) of 5 statements") }
    return StoreGauges(
      outboxUnsent: Int(try outbox.int("due")), outboxOldest: .milliseconds(max(0, try outbox.int("age_ms"))),
      outboxDelayed: Int(try outbox.int("delayed")), outboxWithoutDay: Int(try state.int("n")),
      isResending: try state.bool("is_resending"), parked: Int(try parked.int("n")),
      parkedOldest: .milliseconds(max(0, try parked.int("age_ms"))),
      effects: try EffectStore.counts(of: results[3].rows), inboxRows: Int(try results[4].rows.first?.int("n") ?? 0))
  }

  private static let outbox = """
    select count(*) filter (where due_at <= clock_timestamp()) as due,
      count(*) filter (where due_at > clock_timestamp()) as delayed,
      coalesce(\(age("min(due_at) filter (where due_at <= clock_timestamp())")), 0) as age_ms
    from (
      select due_at from outbox_queue order by available_at limit \(countMax)) as unsent
    """

  private static let outboxState = """
    select (select count(*) from (select 1 from outbox_default limit \(countMax)) as sample) as n,
      exists (select 1 from bus_state where key = 'resend_from') as is_resending
    """

  private static let parked = """
    select count(*) as n, coalesce(\(age("min(first_parked_at)")), 0) as age_ms
    from (select first_parked_at from parked order by available_at limit \(countMax)) as sample
    """

  private static let inbox = """
    select greatest(reltuples, 0)::bigint as n from pg_class where oid = to_regclass('inbox')
    """
}
