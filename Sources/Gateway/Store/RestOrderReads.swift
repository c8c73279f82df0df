import BusKit
import Contracts
import Postgres

/// Reads of `rest_orders` outside transactions. A key's row has its client in its id, so nobody else's can be asked
/// for; who asks for orders compares their owners; the counts are of everybody's.
struct RestOrderReads: Sendable {
  let bus: Bus

  /// The rows of these keys, by their ids.
  func byKeys(_ rowIDs: Set<String>) async throws -> [String: RestOrderRow] {
    let rows = try await bus.read { session in
      try Self.rows(session.execute("select * from rest_orders where id = any($1)", [.textArray(rowIDs.sorted())]))
    }
    return Dictionary(rows.map { ($0.id, $0) }) { first, _ in first }
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

  /// The rows of these orders, whosever they are.
  func byOrders(_ orders: Set<OrderID>) async throws -> [OrderID: RestOrderRow] {
    let texts = orders.map(\.text).sorted()
    let rows = try await bus.read { session in
      try Self.rows(session.execute("select * from rest_orders where order_id = any($1)", [.textArray(texts)]))
    }
    return Dictionary(rows.map { (OrderID(text: $0.orderId), $0) }) { first, _ in first }
  }

  /// Orders of all gateways that wait for somebody. Those older than an hour do not count: one whose command was
  /// dead-lettered is never spoken of, and must not take up room for ever.
  struct Waiting: Sendable, Equatable {
    /// order-svc has not spoken of them.
    var unanswered = 0
    var deliveries = DeliveryGate.Counts()
  }

  /// Deliveries are counted up to so many times the gate's maximum: two thirds of them are more than may wait.
  private static let deliveredPerMaximum = 2

  /// Counts up to the limits; of the deliveries the newest, backwards along their index.
  /// - Parameter holdsBack: what was delivered is counted, though few are late.
  func waiting(unansweredMax: Int, gate: DeliveryGate, holdsBack: Bool) async throws -> Waiting {
    try await bus.read { session in
      let row = try session.execute(
        """
        with undelivered as (
          select created_at from rest_orders
          where stage = 1 and created_at > now() - interval '1 hour' limit $2),
        late as (
          select count(*) as n from undelivered where created_at < now() - $3 * interval '1 millisecond')
        select
          (select count(*) from (
            select 1 from rest_orders where stage = 0 and created_at > now() - interval '1 hour' limit $1) as silent
          ) as unanswered,
          (select count(*) from undelivered) as undelivered,
          (select n from late) as late,
          (select count(*) from undelivered where created_at > now() - $4 * interval '1 millisecond') as recent,
          carried.n as delivered, carried.lately as delivered_lately
        from (
          select count(*) as n, count(*) filter (where delivered_at > now() - $3 * interval '1 millisecond') as lately
          from (
            select delivered_at from rest_orders
            where (select n from late) > $5 and delivered_at > now() - $6 * interval '1 millisecond'
            order by delivered_at desc limit $7
          ) as newest) as carried
        """,
        [
          .int(unansweredMax), .int(gate.settings.maximum), .double(Double(gate.lateAfter.milliseconds)),
          .double(Double(gate.recentWithin.milliseconds)), .int(holdsBack ? -1 : DeliveryGate.lateAlways),
          .double(Double(gate.settings.goal.milliseconds)), .int(gate.settings.maximum * Self.deliveredPerMaximum),
        ]
      ).rows.first
      let count = { (name: String) in Int(try row?.int(name) ?? 0) }
      return Waiting(
        unanswered: try count("unanswered"),
        deliveries: DeliveryGate.Counts(
          undelivered: try count("undelivered"), late: try count("late"), recent: try count("recent"),
          delivered: try count("delivered"), deliveredLately: try count("delivered_lately")))
    }
  }

  private static func rows(_ result: PostgresResult) throws -> [RestOrderRow] {
    try result.rows.map { try PostgresRowDecoder().decode(RestOrderRow.self, from: $0) }
  }
}
