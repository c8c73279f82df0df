import Foundation
import Postgres

/// Reads and writes of the outbox table.
enum OutboxStore {
  private static let columns =
    "message_id, topic, stream_key, type, version, key, created_at, ttl_ms, correlation, causation, traceparent, "
    + "reply_to, content_type, body"

  typealias NewRow = (record: OutboxRecord, availableAt: Date)
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
      insert into outbox (\(columns), available_at)
      select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::timestamptz[],
        $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bytea[], $15::timestamptz[])
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
      ])
  }

  /// Unsent rows that are due, locked until the transaction ends; rows that another replica holds are passed over.
  static func lockDue(limit: Int, in session: PostgresSession) throws -> [OutboxRecord] {
    let result = try session.execute(
      """
      select \(columns) from outbox where sent_at is null and available_at <= clock_timestamp()
      order by available_at limit $1 for update skip locked
      """, [.int(Int64(limit))])
    return try result.rows.map(record)
  }

  /// Marks what Redis took, if it is still the Redis that took it: rows of another epoch stay unsent for the sweep.
  static func markSent(_ sent: [(id: UUID, streamID: String)], epoch: String, in session: PostgresSession) throws {
    guard !sent.isEmpty else { return }
    try EpochStore.enqueueSharedLock(in: session)
    _ = try session.execute(
      """
      update outbox set sent_at = clock_timestamp(), stream_id = sent.stream_id
      from unnest($1::uuid[], $2::text[]) as sent (message_id, stream_id)
      where outbox.message_id = sent.message_id and outbox.sent_at is null
        and exists (select 1 from bus_state where bus_state.key = 'epoch' and value = $3)
      """, [.uuidArray(sent.map(\.id)), .textArray(sent.map(\.streamID)), .text(epoch)])
  }

  /// Makes everything that was sent after a moment (an SQL expression) be sent again, except answers that nobody waits
  /// for any more.
  static func resend(after moment: String, in session: PostgresSession) throws -> Int {
    try session.execute(
      """
      update outbox set sent_at = null, stream_id = null, available_at = clock_timestamp()
      where sent_at is not null and sent_at >= \(moment) and topic not like 'replies.%'
      """).affected
  }

  static func deleteSent(olderThan age: Duration, limit: Int, in session: PostgresSession) throws -> Int {
    try session.execute(
      """
      delete from outbox where message_id in (
        select message_id from outbox where sent_at is not null and sent_at < clock_timestamp() - $1 * interval '1 ms' limit $2)
      """, [.int(age.milliseconds), .int(Int64(limit))]
    ).affected
  }

  private static func record(_ row: PostgresRow) throws -> OutboxRecord {
    let topic = try row.string("topic")
    return OutboxRecord(
      envelope: Envelope(
        id: try row.uuid("message_id"), type: try row.string("type"), version: Int(try row.int("version")),
        key: try row.string("key"), createdAt: try row.date("created_at"),
        timeToLive: try row.intIfPresent("ttl_ms").map { .milliseconds($0) },
        correlation: try row.string("correlation"), causation: try row.string("causation"),
        traceparent: try row.string("traceparent"), replyTo: try row.string("reply_to"),
        contentType: try row.string("content_type"), body: try row.bytes("body")),
      topicName: topic, streamKey: try row.string("stream_key"), isTransient: topic.hasPrefix("replies."))
  }
}
