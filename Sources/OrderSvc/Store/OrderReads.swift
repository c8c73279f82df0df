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
  }

  /// Reads the partial index `orders_due` alone: the cost grows with open orders only.
  static func figures(_ session: PostgresSession) throws -> Figures {
    let states = try session.execute(
      """
      select state, count(*) as count, count(*) filter (where incidents > 0) as overdue from orders
      where due_at is not null group by state order by state
      """
    ).rows
    return Figures(
      open: try states.map { (try $0.string("state"), try $0.int("count")) },
      overdue: try states.reduce(0) { $0 + (try $1.int("overdue")) })
  }

  /// Orders that are due, those that are due longest first. Walks `orders_due`.
  static func due(limit: Int, _ session: PostgresSession) throws -> [String] {
    try session.execute(
      "select id from orders where due_at <= now() order by due_at limit \(limit)"
    ).rows.map { try $0.string("id") }
  }

  /// Puts off what is due of one order, unless it has happened meanwhile.
  static func putOff(_ id: String, by delay: Duration, _ session: PostgresSession) throws {
    _ = try session.execute(
      "update orders set due_at = now() + $2 * interval '1 ms' where id = $1 and due_at <= now()",
      [.text(id), .int(delay.milliseconds)])
  }
}
