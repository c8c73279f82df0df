import Foundation
import Postgres

/// Which sent messages an operator wants to be sent again.
public struct ReplaySelection: Codable, Sendable, Equatable {
  /// nil: every topic. Answers to processes (`replies.…`) are never sent again.
  public var topic: String?
  /// nil: every type.
  public var type: String?
  /// The message's key, which for an event is its aggregate.
  public var key: String?
  /// Sent at or after. Of a message that was marked as sent within 4 s of its creation the creation counts.
  public var from: Date?
  /// Sent before. A replay never reaches messages that were sent after it began.
  public var to: Date?

  public init(topic: String? = nil, type: String? = nil, key: String? = nil, from: Date? = nil, to: Date? = nil) {
    self.topic = topic
    self.type = type
    self.key = key
    self.from = from
    self.to = to
  }
}

extension OutboxStore {
  struct ResendStep: Sendable {
    /// How many rows are to be sent again.
    var count: Int
    /// Where the step ended: the next begins behind it. nil: there was nothing left.
    var reached: ResendPlace?
  }

  /// A row's place in the order of a resend. Messages of one unit share their time.
  struct ResendPlace: Sendable, Equatable {
    /// As Postgres writes it.
    var time: String
    var id: UUID
    static let nobody = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    /// Before every message of that time.
    init(time: String, id: UUID = Self.nobody) {
      self.time = time
      self.id = id
    }
  }

  /// The order in which steps go through the outbox: each has its index.
  enum ResendOrder {
    case sent
    case created

    var time: String { self == .sent ? OutboxStore.sentAt : "created_at" }
  }

  /// Everything of one aggregate that is still kept. Returns how many messages.
  public static func replay(
    key: String, topic: String? = nil, type: String? = nil, pool: PostgresPool
  ) async throws -> Int {
    try await replay(ReplaySelection(topic: topic, type: type, key: key), pool: pool)
  }

  /// Makes what is selected be sent again, in steps of their own transactions. A replay that is interrupted may be
  /// started again with the same selection: what already waits to be sent is left as it is.
  public static func replay(_ selection: ReplaySelection, pool: PostgresPool) async throws -> Int {
    try await replay(selection, limit: Resend.rowsPerStep, pool: pool)
  }

  static func replay(_ selection: ReplaySelection, limit: Int, pool: PostgresPool) async throws -> Int {
    let end = try await now(pool)
    let order: ResendOrder = selection.key == nil ? .sent : .created
    var (count, position) = (0, ResendPlace(time: "-infinity"))
    while true {
      let start = position
      let step = try await pool.transaction { session in
        try session.patiently {
          try Resend.enqueueLock(in: session)
          let (condition, parameters) = Self.condition(selection, end: end)
          return try resend(condition, parameters, after: start, in: order, limit: limit, session)
        }
      }
      count += step.count
      guard step.count >= limit, let reached = step.reached else { return count }
      position = reached
    }
  }

  /// Waits until what was written before this call is marked as sent, for twice the sweep's grace at most: what is not
  /// marked by then waits for its stream or its broker and is still to be sent, or the sweep has sent it once more.
  static func untilMarked(within grace: Duration, pool: PostgresPool) async throws {
    let deadline = ContinuousClock.now + grace * 2
    let start = try await now(pool)
    while ContinuousClock.now < deadline {
      let isWaiting = try await pool.transaction { session in
        try session.enqueuePlansByKey(.byValues)
        // What is put off for longer than the grace is known to be unsent.
        return try !session.executeCommitting(
          """
          select from outbox_queue
          where available_at <= statement_timestamp() + $2 * interval '1 ms' and due_at <= $1::timestamptz
          order by available_at limit 1
          """, [.text(start), .int(grace.milliseconds)]
        ).rows.isEmpty
      }
      guard isWaiting else { return }
      try await Task.sleep(for: grace / 40)
    }
  }

  /// Postgres' time, in its own words: to the microsecond.
  private static func now(_ pool: PostgresPool) async throws -> String {
    let row = try await pool.withSession { try $0.execute("select clock_timestamp()::text as now").rows.first }
    guard let row else { throw InvariantViolation("Postgres did not tell its time") }
    return try row.string("now")
  }

  private static func condition(_ selection: ReplaySelection, end: String) -> (String, [PostgresValue]) {
    var clauses = ["\(sentAt) < $4::timestamptz"]
    var parameters: [PostgresValue] = [.text(end)]
    func add(_ comparison: String, _ value: PostgresValue?) {
      guard let value else { return }
      parameters.append(value)
      clauses.append("\(comparison) $\(parameters.count + 3)")
    }
    add("topic =", selection.topic.map { .text($0) })
    add("type =", selection.type.map { .text($0) })
    add("key =", selection.key.map { .text($0) })
    add("\(sentAt) >=", selection.from.map { .timestamp($0) })
    add("\(sentAt) <", selection.to.map { .timestamp($0) })
    return (clauses.joined(separator: " and "), parameters)
  }

  /// Makes sent rows be sent again, except answers that nobody waits for any more, and what waits to be sent already.
  /// `condition` may use `parameters` as $4 and on.
  static func resend(
    _ condition: String, _ parameters: [PostgresValue], after place: ResendPlace, in order: ResendOrder, limit: Int,
    _ session: PostgresSession
  ) throws -> ResendStep {
    try session.enqueuePlansByKey(.byValues)
    let last = try session.execute(
      """
      with found as (
        select message_id, day, \(order.time) as place from outbox
        where topic not like 'replies.%' and (\(order.time), message_id) > ($2::timestamptz, $3::uuid)
          and \(condition)
          and not exists (select 1 from outbox_queue where outbox_queue.message_id = outbox.message_id)
        order by \(order.time), message_id limit $1),
      again as (
        insert into outbox_queue (message_id, day, due_at, available_at)
        select message_id, day, clock_timestamp(), clock_timestamp() from found on conflict do nothing)
      select count(*) over () as n, place::text as time, message_id from found
      order by place desc, message_id desc limit 1
      """, [.int(limit), .text(place.time), .uuid(place.id)] + parameters
    ).rows.first
    guard let last else { return ResendStep(count: 0, reached: nil) }
    return ResendStep(
      count: Int(try last.int("n")),
      reached: ResendPlace(time: try last.string("time"), id: try last.uuid("message_id")))
  }
}
