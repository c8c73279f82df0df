import Foundation
import Postgres

/// A message that waits in Postgres for a later try.
public struct ParkedMessage: Sendable, Equatable {
  /// The message as it came.
  public let envelope: Envelope
  /// The topic it came from.
  public let topic: String
  /// The partition it came from.
  public let partition: Int
  /// Deliveries and runs so far; as begun, the run that begins included.
  public let attempts: Int
  /// Runs that ended with `Throttled` and were not counted.
  public let throttles: Int
  /// Why it was parked last.
  public let reason: String
  /// When the next try is due.
  public let availableAt: Date
  /// Whoever holds it may end the run; nil when nobody has taken it.
  public let token: UUID?
}

/// Messages whose handler failed and shall be run again later than a lease lasts. The delivery is acknowledged when the
/// row is there; from then on the row is the message. It runs like a delivery, with its row in the inbox: what was
/// applied before is found there, and the row only has to go.
public enum ParkedStore {
  private static let columns = """
    message_id, topic, partition, type, version, key, created_at, ttl_ms, correlation, causation, traceparent, reply_to,
    content_type, body
    """

  /// Parks a message, to be called before its delivery is acknowledged. One that is parked already takes the later of
  /// both waits, unless it runs at this moment: then that run decides.
  /// - Parameter attempts: the deliveries so far.
  static func park(
    _ envelope: Envelope, topic: String, partition: Int, attempts: Int, wait: Wait, reason: String,
    in session: PostgresSession
  ) throws {
    let (moment, waitValue) = wait.sql("$15")
    try session.enqueue(
      """
      insert into parked as held (\(columns), available_at, attempts, reason)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \(moment), $16, $17)
      on conflict (message_id) do update set
        available_at = greatest(held.available_at, excluded.available_at),
        attempts = greatest(held.attempts, excluded.attempts), reason = excluded.reason
      where held.lease_until is null or held.lease_until < clock_timestamp()
      """,
      [
        .uuid(envelope.id), .text(topic), .int(partition), .text(envelope.type), .int(envelope.version),
        .text(envelope.key), .timestamp(envelope.createdAt), envelope.timeToLive.map { .int($0.milliseconds) } ?? .null,
        .text(envelope.correlation), .text(envelope.causation), .text(envelope.traceparent), .text(envelope.replyTo),
        .text(envelope.contentType), .bytes(envelope.body), waitValue, .int(attempts), .text(reason.storable),
      ])
    _ = try session.flush()
  }

  /// Leases messages that are due, those that wait longest first. None of them has begun: one that ends the process
  /// must not use up the attempts of those that were taken with it.
  /// - Parameters:
  ///   - versions: the types that the caller handles, with the newest version it reads. Others are left to a replica of
  ///     the next release, which parked them.
  ///   - unknownGrace: what nobody has taken for so long is taken all the same.
  static func takeDue(
    _ versions: [String: Int], unknownGrace: Duration, limit: Int, lease: Duration, token: UUID,
    in session: PostgresSession
  ) throws -> [ParkedMessage] {
    try session.execute(
      """
      with due as (
        select message_id from parked
        where available_at <= statement_timestamp() and (lease_until is null or lease_until < statement_timestamp())
          and (available_at <= statement_timestamp() - $4 * interval '1 ms'
            or exists (
              select 1 from unnest($5::text[], $6::int[]) as known (type, version)
              where known.type = parked.type and known.version >= parked.version))
        order by available_at, message_id limit $1 for update skip locked)
      update parked
      set lease_until = clock_timestamp() + $2 * interval '1 ms', lease_token = $3
      from due where parked.message_id = due.message_id
      returning parked.*
      """,
      [
        .int(limit), .int(lease.milliseconds), .uuid(token), .int(unknownGrace.milliseconds),
        .textArray(versions.map(\.key)), .intArray(versions.map { Int64($0.value) }),
      ]
    ).rows.map(message).sorted { ($0.availableAt, $0.envelope.id) < ($1.availableAt, $1.envelope.id) }
  }

  /// Counts the run of one message that begins now, and keeps its lease and those of others that wait for their turn.
  /// - Returns: the message with this attempt; nil when its lease was taken over, and then it must not be run.
  static func begin(
    _ message: ParkedMessage, keeping others: [ParkedMessage], lease: Duration, in session: PostgresSession
  ) throws -> ParkedMessage? {
    let held = ([message] + others).compactMap { message in message.token.map { (message.envelope.id, $0) } }
    return try session.execute(
      """
      update parked set lease_until = clock_timestamp() + $3 * interval '1 ms',
        attempts = attempts + (parked.message_id = $4)::int
      from unnest($1::uuid[], $2::uuid[]) as held (message_id, token)
      where parked.message_id = held.message_id and parked.lease_token = held.token
      returning parked.*
      """,
      [
        .uuidArray(held.map(\.0)), .uuidArray(held.map(\.1)), .int(lease.milliseconds), .uuid(message.envelope.id),
      ]
    ).rows.map(Self.message).first { $0.envelope.id == message.envelope.id }
  }

  /// Keeps the lease of a message that is still being run.
  static func renew(_ message: ParkedMessage, lease: Duration, in session: PostgresSession) throws {
    _ = try session.execute(
      """
      update parked set lease_until = clock_timestamp() + $3 * interval '1 ms'
      where message_id = $1 and lease_token = $2
      """, key(message) + [.int(lease.milliseconds)])
  }

  /// Removes what has been applied or dead-lettered. False: the lease was taken over, whoever has it ends it.
  static func finish(_ message: ParkedMessage, in session: PostgresSession) throws -> Bool {
    try session.execute(
      "delete from parked where message_id = $1 and lease_token = $2", key(message)
    ).affected == 1
  }

  /// Ends a run that failed.
  /// - Parameter isAttempt: false for `Throttled`.
  static func postpone(
    _ message: ParkedMessage, _ wait: Wait, isAttempt: Bool, reason: String, in session: PostgresSession
  ) throws -> Bool {
    let (moment, waitValue) = wait.sql("$3")
    let change = isAttempt ? "attempts = attempts" : "attempts = attempts - 1, throttles = throttles + 1"
    return try session.execute(
      """
      update parked set available_at = \(moment), reason = $4, lease_until = null, lease_token = null, \(change)
      where message_id = $1 and lease_token = $2
      """, key(message) + [waitValue, .text(reason.storable)]
    ).affected == 1
  }

  /// Hands back what a process that drains has taken and not begun.
  /// - Parameter begun: their run was counted, and is counted back.
  static func release(_ messages: [ParkedMessage], begun: Bool, in session: PostgresSession) throws {
    _ = try session.execute(
      """
      update parked set lease_until = null, lease_token = null, attempts = greatest(0, attempts - $3::int)
      from unnest($1::uuid[], $2::uuid[]) as held (message_id, token)
      where parked.message_id = held.message_id and parked.lease_token = held.token
      """,
      [.uuidArray(messages.map(\.envelope.id)), .uuidArray(messages.compactMap(\.token)), .int(begun ? 1 : 0)])
  }

  /// For the operator: those that wait longest first, at most `EffectStore.listMax`.
  public static func list(
    topic: String? = nil, limit: Int = 100, in session: PostgresSession
  ) throws -> [ParkedMessage] {
    try session.execute(
      "select * from parked where $1::text is null or topic = $1 order by first_parked_at, message_id limit $2",
      [topic.map { .text($0) } ?? .null, .int(max(1, min(limit, EffectStore.listMax)))]
    ).rows.map(message)
  }

  private static func key(_ message: ParkedMessage) -> [PostgresValue] {
    [.uuid(message.envelope.id), message.token.map { .uuid($0) } ?? .null]
  }

  private static func message(_ row: PostgresRow) throws -> ParkedMessage {
    ParkedMessage(
      envelope: try Envelope(row: row), topic: try row.string("topic"), partition: Int(try row.int("partition")),
      attempts: Int(try row.int("attempts")), throttles: Int(try row.int("throttles")),
      reason: try row.string("reason"), availableAt: try row.date("available_at"),
      token: try row.uuidIfPresent("lease_token"))
  }
}
