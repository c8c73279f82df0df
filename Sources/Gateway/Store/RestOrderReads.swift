import BusKit
import Contracts
import Postgres

/// Reads of `rest_orders` outside transactions. `byOrder` compares the owner; a key's row has its client in its id, so
/// nobody else's can be asked for; the counts are of everybody's.
struct RestOrderReads: Sendable {
  let bus: Bus

  func byKey(_ rowID: String) async throws -> RestOrderRow? {
    try await first("select * from rest_orders where id = $1", [.text(rowID)])
  }

  /// So long a look waits for somebody who is writing a row with the same key.
  static let writerWait = Duration.seconds(1)

  /// The row of a key, also one whose commit is under way: only the key's own index knows of that. So a row with the
  /// key is inserted, which waits for whoever inserts it too, and is taken back.
  /// - Parameter row: with the key; nothing of it stays.
  /// - Throws: a `PostgresError` that is a lock timeout when the other does not end in time.
  func settled(_ row: RestOrderRow) async throws -> RestOrderRow? {
    struct Unused: Error {}
    let fields = try PostgresRowEncoder().encode(row)
    let names = fields.map(\.column).joined(separator: ", ")
    let marks = fields.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
    let values = fields.map(\.value)
    do {
      return try await bus.read { session in
        try session.transaction {
          try session.enqueue("set local lock_timeout = \(Self.writerWait.milliseconds)")
          let inserted = try session.execute(
            "insert into rest_orders (\(names)) values (\(marks)) on conflict do nothing returning id", values)
          guard inserted.rows.isEmpty else { throw Unused() }
          return try Self.rows(session.execute("select * from rest_orders where id = $1", [.text(row.id)])).first
        }
      }
    } catch is Unused { return nil }
  }

  func byOrder(_ order: OrderID, customer: CustomerID) async throws -> RestOrderRow? {
    try await first(
      "select * from rest_orders where order_id = $1 and customer = $2", [.text(order.text), .text(customer.text)])
  }

  /// Orders of all gateways that wait for somebody. Those older than an hour do not count: one whose command was
  /// dead-lettered is never spoken of, and must not take up room for ever.
  struct Waiting: Sendable, Equatable {
    /// order-svc has not spoken of them.
    var unanswered = 0
    /// Accepted, and not delivered as far as this service knows.
    var undelivered = 0
    /// Those among them that were placed longer ago than they should take.
    var late = 0
  }

  /// Counts up to the limits.
  func waiting(unansweredMax: Int, undeliveredMax: Int, lateAfter: Duration) async throws -> Waiting {
    try await bus.read { session in
      let row = try session.execute(
        """
        with undelivered as (
          select created_at from rest_orders
          where stage = 1 and created_at > now() - interval '1 hour' limit $2)
        select
          (select count(*) from (
            select 1 from rest_orders where stage = 0 and created_at > now() - interval '1 hour' limit $1) as silent
          ) as unanswered,
          (select count(*) from undelivered) as undelivered,
          (select count(*) from undelivered where created_at < now() - $3 * interval '1 millisecond') as late
        """, [.int(unansweredMax), .int(undeliveredMax), .double(Double(lateAfter.milliseconds))]
      ).rows.first
      return Waiting(
        unanswered: Int(try row?.int("unanswered") ?? 0), undelivered: Int(try row?.int("undelivered") ?? 0),
        late: Int(try row?.int("late") ?? 0))
    }
  }

  private func first(_ sql: String, _ parameters: [PostgresValue]) async throws -> RestOrderRow? {
    try await bus.read { session in
      try Self.rows(session.execute(sql, parameters)).first
    }
  }

  private static func rows(_ result: PostgresResult) throws -> [RestOrderRow] {
    try result.rows.map { try PostgresRowDecoder().decode(RestOrderRow.self, from: $0) }
  }
}
