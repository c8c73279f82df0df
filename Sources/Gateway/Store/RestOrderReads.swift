import BusKit
import Contracts
import Postgres

/// Reads of `rest_orders` outside transactions. Each compares the owner.
struct RestOrderReads: Sendable {
  let bus: Bus

  func byKey(_ rowID: String) async throws -> RestOrderRow? {
    try await first("select * from rest_orders where id = $1", [.text(rowID)])
  }

  func byOrder(_ order: OrderID, customer: CustomerID) async throws -> RestOrderRow? {
    try await first(
      "select * from rest_orders where order_id = $1 and customer = $2", [.text(order.text), .text(customer.text)])
  }

  /// Orders of the last hour that order-svc has not spoken of, counted up to `limit`. One whose command was
  /// dead-lettered is never spoken of: it must not take up room for ever.
  func unanswered(upTo limit: Int) async throws -> Int {
    try await bus.read { session in
      let rows = try session.execute(
        """
        select count(*) as n from (
          select 1 from rest_orders where last_seq = 0 and created_at > now() - interval '1 hour' limit $1) as waiting
        """, [.int(limit)]
      ).rows
      return Int(try rows.first?.int("n") ?? 0)
    }
  }

  private func first(_ sql: String, _ parameters: [PostgresValue]) async throws -> RestOrderRow? {
    try await bus.read { session in
      try session.execute(sql, parameters).rows.first
        .map { try PostgresRowDecoder().decode(RestOrderRow.self, from: $0) }
    }
  }
}
