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
  /// Sent at or after.
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
    /// Where the step ended in its order, as Postgres writes it: the next begins there.
    var reached: String?
  }

  /// The order in which steps go through the outbox: each has its index.
  enum ResendOrder: String {
    case sent = "sent_at"
    case created = "created_at"
  }

  /// Everything of a topic that was sent between two moments, and is still kept. Returns how many messages.
  public static func replay(topic: String, from: Date, to: Date, pool: PostgresPool) async throws -> Int {
    try await replay(ReplaySelection(topic: topic, from: from, to: to), pool: pool)
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
    let end = try await pool.withSession { session in
      try session.execute("select clock_timestamp()::text as now").rows.first?.string("now")
    }
    guard let end else { throw InvariantViolation("Postgres did not tell its time") }
    let order: ResendOrder = selection.key == nil ? .sent : .created
    var (count, position) = (0, "-infinity")
    while true {
      let start = position
      let step = try await pool.transaction { session in
        try Resend.enqueueLock(in: session)
        let (condition, parameters) = Self.condition(selection, end: end)
        return try resend(condition, parameters, from: start, in: order, limit: limit, session)
      }
      count += step.count
      guard step.count >= limit, let reached = step.reached else { return count }
      position = reached
    }
  }

  private static func condition(_ selection: ReplaySelection, end: String) -> (String, [PostgresValue]) {
    var clauses = ["sent_at < $3::timestamptz"]
    var parameters: [PostgresValue] = [.text(end)]
    func add(_ comparison: String, _ value: PostgresValue?) {
      guard let value else { return }
      parameters.append(value)
      clauses.append("\(comparison) $\(parameters.count + 2)")
    }
    add("topic =", selection.topic.map { .text($0) })
    add("type =", selection.type.map { .text($0) })
    add("key =", selection.key.map { .text($0) })
    add("sent_at >=", selection.from.map { .timestamp($0) })
    add("sent_at <", selection.to.map { .timestamp($0) })
    return (clauses.joined(separator: " and "), parameters)
  }

  /// Makes sent rows be sent again, except answers that nobody waits for any more. What is made so is no longer sent,
  /// so that no row is met twice. `condition` may use `parameters` as $3 and on.
  static func resend(
    _ condition: String, _ parameters: [PostgresValue], from start: String, in order: ResendOrder, limit: Int,
    _ session: PostgresSession
  ) throws -> ResendStep {
    try session.enqueuePlansByKey()
    let column = order.rawValue
    let found = try session.execute(
      """
      select message_id, day - date '1970-01-01' as day_number, \(column)::text as place from outbox
      where sent_at is not null and topic not like 'replies.%' and \(column) >= $2::timestamptz and \(condition)
      order by \(column) limit $1 for update
      """, [.int(limit), .text(start)] + parameters
    ).rows
    guard !found.isEmpty else { return ResendStep(count: 0, reached: nil) }
    try session.enqueue(
      """
      update outbox set sent_at = null, stream_id = null, available_at = clock_timestamp()
      where day = any($1::date[]) and message_id = any($2)
      """,
      [
        OutboxDay.list(try found.map { OutboxDay(number: Int(try $0.int("day_number"))) }),
        .uuidArray(try found.map { try $0.uuid("message_id") }),
      ])
    return ResendStep(count: found.count, reached: try found.last?.string("place"))
  }
}
