import Foundation
import Postgres

/// Reads and writes of the outbox table.
public enum OutboxStore {
  private static let columns =
    "message_id, topic, stream_key, type, version, key, created_at, ttl_ms, correlation, causation, traceparent, "
    + "reply_to, content_type, body"

  /// A message to be written. It leaves at once, and by the sweep after `availableAt`; or not before `delayedUntil`.
  struct NewRow: Sendable {
    let record: OutboxRecord
    let availableAt: Date
    var delayedUntil: Date?
  }

  /// One statement carries at most so many rows and about so many bytes of bodies.
  private static let insertRowsMax = 1_000
  private static let insertBytesMax = 4 * 1024 * 1024

  static func enqueueInsert(_ rows: [NewRow], in session: PostgresSession) throws {
    var rest = rows[...]
    while !rest.isEmpty {
      var (count, bytes) = (0, 0)
      while count < min(rest.count, insertRowsMax), bytes < insertBytesMax {
        bytes += rest[rest.startIndex + count].record.envelope.body.count
        count += 1
      }
      try enqueueInsert(part: Array(rest.prefix(count)), in: session)
      rest = rest.dropFirst(count)
    }
  }

  private static func enqueueInsert(part rows: [NewRow], in session: PostgresSession) throws {
    let envelopes = rows.map(\.record.envelope)
    try session.enqueue(
      """
      insert into outbox (day, \(columns), available_at, delayed_until)
      select (new.created_at at time zone 'UTC')::date, new.*
      from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::timestamptz[],
        $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bytea[], $15::timestamptz[],
        $16::timestamptz[]) as new (\(columns), available_at, delayed_until)
      """,
      [
        .uuidArray(envelopes.map(\.id)), .textArray(rows.map(\.record.topicName)),
        .textArray(rows.map(\.record.streamKey)), .textArray(envelopes.map(\.type)),
        .intArray(envelopes.map { Int64($0.version) }), .textArray(envelopes.map(\.key)),
        .array(envelopes.map { .timestamp($0.createdAt) }),
        .array(envelopes.map { $0.timeToLive.map { .int($0.milliseconds) } ?? .null }),
        .textArray(envelopes.map(\.correlation)), .textArray(envelopes.map(\.causation)),
        .textArray(envelopes.map(\.traceparent)), .textArray(envelopes.map(\.replyTo)),
        .textArray(envelopes.map(\.contentType)), .bytesArray(envelopes.map(\.body)),
        .array(rows.map { .timestamp($0.availableAt) }),
        .array(rows.map { $0.delayedUntil.map { .timestamp($0) } ?? .null }),
      ])
  }

  /// Unsent rows that are due, in the order in which they were written. They are this caller's for the time of `grace`;
  /// rows that another replica takes at the same moment are passed over.
  ///
  /// A claim by time instead of a lock: holding rows for as long as sending takes would block writers.
  static func claimDue(limit: Int, grace: Duration, in session: PostgresSession) throws -> [OutboxRecord] {
    try session.enqueuePlansByKey()
    let records = try session.execute(
      """
      select \(columns), day - date '1970-01-01' as day_number
      from outbox where sent_at is null and available_at <= clock_timestamp()
      order by available_at, id limit $1 for update skip locked
      """, [.int(limit)]
    ).rows.map(record)
    guard !records.isEmpty else { return [] }
    try session.enqueue(
      """
      update outbox set available_at = clock_timestamp() + $3 * interval '1 ms'
      where day = any($1::date[]) and message_id = any($2)
      """, [OutboxDay.list(records.map(\.day)), .uuidArray(records.map(\.envelope.id)), .int(grace.milliseconds)])
    return records
  }

  /// Marks what Redis took, if it is still the Redis that took it: rows of another epoch stay unsent for the sweep, and
  /// so do those of another run. That one may have ended before it wrote them down, and what is sent again after it is
  /// what was marked until its end was noticed.
  static func markSent(
    _ sent: [(record: OutboxRecord, streamID: String)], epoch: String, run: String, in session: PostgresSession
  ) throws {
    guard !sent.isEmpty else { return }
    try EpochStore.enqueueSharedLock(in: session)
    try session.enqueuePlansByKey()
    try session.enqueue(
      """
      update outbox set sent_at = clock_timestamp(), stream_id = sent.stream_id
      from unnest($1::uuid[], $2::text[]) as sent (message_id, stream_id)
      where outbox.day = any($3::date[]) and outbox.message_id = any($1) and outbox.message_id = sent.message_id
        -- In this form it does not invite the index of all unsent rows, of which there may be many.
        and (outbox.sent_at is null)::int = 1
        and exists (select 1 from bus_state where bus_state.key = 'epoch' and value = $4)
        and exists (select 1 from bus_state where bus_state.key = 'run_id' and value = $5)
      """,
      [
        .uuidArray(sent.map(\.record.envelope.id)), .textArray(sent.map(\.streamID)),
        OutboxDay.list(sent.map(\.record.day)), .text(epoch), .text(run),
      ])
  }

  private static func record(_ row: PostgresRow) throws -> OutboxRecord {
    let topic = try row.string("topic")
    return OutboxRecord(
      envelope: try Envelope(row: row),
      topicName: topic, streamKey: try row.string("stream_key"), isTransient: topic.hasPrefix("replies."),
      day: OutboxDay(number: Int(try row.int("day_number"))))
  }
}
