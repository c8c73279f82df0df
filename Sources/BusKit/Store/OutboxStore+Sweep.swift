import Foundation
import Postgres

/// What the sweep does to the queue. It takes only rows that nobody else has locked, and so waits for nobody.
extension OutboxStore {
  /// What one claim found.
  struct Claim: Sendable {
    /// Rows that were due, those that were passed over included.
    var count = 0
    /// What is to be sent.
    var records: [OutboxRecord] = []
  }

  /// Unsent rows that are due, in the order in which they were written. They are this caller's for the time of `grace`;
  /// rows that another replica takes at the same moment are passed over.
  ///
  /// A claim by time instead of a lock: holding rows for as long as sending takes would block writers. By a time that
  /// stands for the whole statement: for the clock itself, which moves on, the index would be walked to its end.
  /// - Parameter pauses: the streams that are full, and for how long the sweep is to leave their rows alone. Of those
  ///   only the stream is read.
  static func claimDue(
    limit: Int, grace: Duration, passingOver pauses: [String: Duration] = [:], in session: PostgresSession
  ) throws -> Claim {
    try session.enqueuePlansByKey(.byValues)
    let due = try session.execute(
      """
      select message_id, day - date '1970-01-01' as day_number from outbox_queue
      where available_at <= statement_timestamp() order by available_at limit $1 for update skip locked
      """, [.int(limit)]
    ).rows
    guard !due.isEmpty else { return Claim() }
    let ids = try due.map { try $0.uuid("message_id") }
    let days = OutboxDay.list(try due.map { OutboxDay(number: Int(try $0.int("day_number"))) })
    let passed = try passOver(ids, of: days, pauses, in: session)
    let open = ids.filter { !passed.contains($0) }
    guard !open.isEmpty else { return Claim(count: ids.count) }
    try enqueuePause(grace, of: open, in: session)
    let records = try session.executeCommitting(
      """
      select \(columns), day - date '1970-01-01' as day_number from outbox
      where day = any($1::date[]) and message_id = any($2)
      """, [days, .uuidArray(open)]
    ).rows.map(record)
    let byID = Dictionary(records.map { ($0.envelope.id, $0) }) { first, _ in first }
    return Claim(count: ids.count, records: open.compactMap { byID[$0] })
  }

  /// Leaves rows that go to full streams for later; returns which those are.
  private static func passOver(
    _ ids: [UUID], of days: PostgresValue, _ pauses: [String: Duration], in session: PostgresSession
  ) throws -> Set<UUID> {
    guard !pauses.isEmpty else { return [] }
    let rows = try session.execute(
      """
      select message_id, stream_key from outbox
      where day = any($1::date[]) and message_id = any($2) and stream_key = any($3)
      """, [days, .uuidArray(ids), .textArray(pauses.keys.sorted())]
    ).rows
    var stuck: [String: [UUID]] = [:]
    for row in rows { stuck[try row.string("stream_key"), default: []].append(try row.uuid("message_id")) }
    for (stream, pause) in pauses {
      if let ids = stuck[stream] { try enqueuePause(pause, of: ids, in: session) }
    }
    return Set(stuck.values.joined())
  }

  /// Of rows that this transaction has locked.
  private static func enqueuePause(_ time: Duration, of ids: [UUID], in session: PostgresSession) throws {
    try session.enqueue(
      """
      update outbox_queue set available_at = clock_timestamp() + $2 * interval '1 ms' where message_id = any($1)
      """, [.uuidArray(ids), .int(time.milliseconds)])
  }

  /// Makes rows due that were passed over because their stream was full, those first that wait no longer. What would
  /// come within `grace` anyway is left: it cannot be told from what somebody has just claimed.
  /// - Parameter pauseMax: for how long rows are passed over at most.
  /// - Returns: how many they were.
  static func release(
    _ stream: String, limit: Int, grace: Duration, pauseMax: Duration, in session: PostgresSession
  ) throws -> Int {
    try session.enqueuePlansByKey(.byValues)
    // The stream by a subquery in the list of columns: it cannot be made a join, and is looked up by its key.
    return Int(
      try session.executeCommitting(
        """
        update outbox_queue set available_at = clock_timestamp()
        where message_id = any(array(
          select message_id from outbox_queue
          where message_id = any(array(
              select message_id from (
                select message_id, (
                  select stream_key from outbox
                  where outbox.message_id = queue.message_id and outbox.day = queue.day) as stream_key
                from outbox_queue as queue
                where available_at > statement_timestamp() + $3 * interval '1 ms'
                  and available_at <= statement_timestamp() + $4 * interval '1 ms'
                  and due_at <= statement_timestamp()
                order by available_at limit \(releaseLooksMax)) as put_off
              where stream_key = $1 limit $2))
            -- Looked at again under the lock: another may have claimed it meanwhile.
            and available_at > statement_timestamp() + $3 * interval '1 ms'
          for update skip locked))
        """,
        [.text(stream), .int(limit), .int(grace.milliseconds), .int((pauseMax + grace).milliseconds)]
      ).affected)
  }

  /// Rows of other streams that are still full may stand before those that are looked for.
  private static let releaseLooksMax = 20_000
}
