import Foundation
import Postgres

/// Reads and writes of the outbox: the messages (`outbox`, by day), and which of them are still to be sent
/// (`outbox_queue`).
public enum OutboxStore {
  static let columns =
    "message_id, topic, stream_key, type, version, key, created_at, ttl_ms, correlation, causation, traceparent, "
    + "reply_to, content_type, body"

  /// A message to be written. It leaves at once; or not before `delayedUntil`.
  struct NewRow: Sendable {
    let record: OutboxRecord
    var delayedUntil: Date?
  }

  /// One statement carries at most so many rows and about so many bytes of bodies.
  private static let insertRowsMax = 1_000
  private static let insertBytesMax = 4 * 1024 * 1024

  /// - Parameter grace: what leaves at once is the sweep's when it is not marked as sent so long from now. It counts
  ///   from the writing, not from the beginning of a transaction that may have waited for its locks.
  static func enqueueInsert(_ rows: [NewRow], grace: Duration, in session: PostgresSession) throws {
    var rest = rows[...]
    while !rest.isEmpty {
      var (count, bytes) = (0, 0)
      while count < min(rest.count, insertRowsMax), bytes < insertBytesMax {
        bytes += rest[rest.startIndex + count].record.envelope.body.count
        count += 1
      }
      try enqueueInsert(part: Array(rest.prefix(count)), grace, in: session)
      rest = rest.dropFirst(count)
    }
  }

  private static let insertion = """
    with new as (
      select (created_at at time zone 'UTC')::date as day, new.*
      from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::timestamptz[],
        $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bytea[],
        $15::timestamptz[]) as new (\(columns), delayed_until)),
    kept as (insert into outbox (day, \(columns)) select day, \(columns) from new)
    insert into outbox_queue (message_id, day, due_at, available_at)
    select message_id, day, coalesce(delayed_until, created_at),
      coalesce(delayed_until, clock_timestamp() + $16 * interval '1 ms') from new
    """

  private static func enqueueInsert(
    part rows: [NewRow], _ grace: Duration, in session: PostgresSession
  ) throws {
    let envelopes = rows.map(\.record.envelope)
    try session.enqueue(
      insertion,
      [
        .uuidArray(envelopes.map(\.id)), .textArray(rows.map(\.record.topicName)),
        .textArray(rows.map(\.record.streamKey)), .textArray(envelopes.map(\.type)),
        .intArray(envelopes.map { Int64($0.version) }), .textArray(envelopes.map(\.key)),
        .array(envelopes.map { .timestamp($0.createdAt) }),
        .array(envelopes.map { $0.timeToLive.map { .int($0.milliseconds) } ?? .null }),
        .textArray(envelopes.map(\.correlation)), .textArray(envelopes.map(\.causation)),
        .textArray(envelopes.map(\.traceparent)), .textArray(envelopes.map(\.replyTo)),
        .textArray(envelopes.map(\.contentType)), .bytesArray(envelopes.map(\.body)),
        .array(rows.map { $0.delayedUntil.map { .timestamp($0) } ?? .null }), .int(grace.milliseconds),
      ])
  }

  /// When a message was sent, as far as anybody needs to know: its creation stands for it, unless that was more than
  /// `promptness` before.
  static let sentAt = "coalesce(sent_at, created_at)"
  private static let promptness = "interval '4 s'"
  /// Marked sooner than this after its unit began, by the clock of the process: less than `promptness`, whatever the
  /// two clocks do in that time.
  static let promptMax: Duration = .seconds(2)

  /// Marks what Redis took, if it is still the Redis that took it, and in the same life: rows of another epoch stay
  /// unsent for the sweep, and so do those of a server process that has ended, whose last second may be lost. What is
  /// to be sent again for its end was chosen when another replica compared; a row marked later would not be among it.
  ///
  /// The commit does not wait for the disk: what a crash of Postgres takes back is sent once more.
  /// - Parameter arePrompt: all of them were created less than `promptness` ago, so that their time need not be noted.
  static func markSent(
    _ sent: [OutboxRecord], life: BrokerLife, arePrompt: Bool = false, in session: PostgresSession
  ) throws {
    guard let oldest = sent.map(\.envelope.createdAt).min() else { return }
    try session.enqueuePlansByKey(
      arePrompt ? .once : .byValues,
      with: "set_config('synchronous_commit', 'off', true), \(EpochStore.sharedLock)")
    let ids = PostgresValue.uuidArray(sent.map(\.envelope.id))
    let lifeValues: [PostgresValue] = [.text(life.epoch), .text(life.runID)]
    let isOfLife = EpochStore.isLife(epoch: "$2", runID: "$3")
    try session.enqueue("delete from outbox_queue where message_id = any($1) and \(isOfLife)", [ids] + lifeValues)
    if arePrompt { return }
    try session.enqueue(
      """
      update outbox set sent_at = clock_timestamp()
      where $5::timestamptz < now() - \(promptness) and day = any($4::date[]) and message_id = any($1) and \(isOfLife)
      """, [ids] + lifeValues + [OutboxDay.list(sent.map(\.day)), .timestamp(oldest)])
  }

  static func record(_ row: PostgresRow) throws -> OutboxRecord {
    let topic = try row.string("topic")
    return OutboxRecord(
      envelope: try Envelope(row: row),
      topicName: topic, streamKey: try row.string("stream_key"), isTransient: topic.hasPrefix("replies."),
      day: OutboxDay(number: Int(try row.int("day_number"))))
  }
}
