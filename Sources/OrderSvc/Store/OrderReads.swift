import BusKit
import Contracts
import Foundation
import Postgres

/// Reads without locks, for answers and gauges.
enum OrderReads {
  static func order(_ id: OrderID, _ session: PostgresSession) throws -> OrderRow? {
    try session.execute("select * from orders where id = $1", [.text(id.text)]).rows.first
      .map { try PostgresRowDecoder().decode(OrderRow.self, from: $0) }
  }

  /// Newest first. Walks the index `orders_of_customer`.
  static func page(
    customer: CustomerID, limit: Int, after: OrderID?, _ session: PostgresSession
  ) throws -> [OrderRow] {
    let rows =
      if let after {
        try session.execute(
          """
          select * from orders
          where customer = $1
            and (created_at, id) < (select created_at, id from orders where id = $2 and customer = $1)
          order by created_at desc, id desc limit $3
          """, [.text(customer.text), .text(after.text), .int(limit)]
        ).rows
      } else {
        try session.execute(
          "select * from orders where customer = $1 order by created_at desc, id desc limit $2",
          [.text(customer.text), .int(limit)]
        ).rows
      }
    return try rows.map { try PostgresRowDecoder().decode(OrderRow.self, from: $0) }
  }

  struct Figures: Sendable {
    /// Orders that have not ended, by state.
    let open: [(state: String, count: Int64)]
    /// Open orders on which tx-svc owes an answer beyond its deadline.
    let overdue: Int64
    /// Age of the oldest money that is neither captured nor released. Beyond 15 minutes somebody has to look.
    let oldestHoldSeconds: Double
  }

  /// Walks the partial indexes `orders_open` and `orders_held`: the cost grows with open orders only.
  static func figures(_ session: PostgresSession) throws -> Figures {
    let states = try session.execute(
      """
      select state, count(*) as count, count(*) filter (where incidents > 0) as overdue from orders
      where state not in ('completed', 'rejected', 'failed', 'cancelled') group by state order by state
      """
    ).rows
    let hold = try session.execute(
      "select coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as age from orders where hold = 'held'"
    ).rows
    return Figures(
      open: try states.map { (try $0.string("state"), try $0.int("count")) },
      overdue: try states.reduce(0) { $0 + (try $1.int("overdue")) },
      oldestHoldSeconds: try hold.first?.double("age") ?? 0)
  }
}
