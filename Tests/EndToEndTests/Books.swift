import Contracts
import Postgres
import TestKit
import TronKit

/// What the services' tables say, read as superuser: a test may look into every schema, a service only into its own.
struct Books: Sendable {
  struct Order: Sendable, Equatable {
    let id: String
    let state: OrderState
    let price: Int64
    let failure: String?
  }

  let database: StackDatabase

  /// The orders for one receiver, oldest first.
  func orders(for receiver: TronAddress) async throws -> [Order] {
    try await database.execute(
      "select id, state, price, failure from order_svc.orders where receiver = $1 order by created_at, id",
      [.text(receiver.base58)]
    ).map { row in
      let state = try row.string("state")
      guard let known = OrderState(rawValue: state) else { throw TestKitError("unknown state \(state)") }
      return Order(
        id: try row.string("id"), state: known, price: try row.int("price"),
        failure: try row.stringIfPresent("failure"))
    }
  }

  /// The transfers of an order, by kind, e.g. `["capture": 1, "hold": 1]`.
  func transfers(of order: String) async throws -> [String: Int64] {
    var kinds: [String: Int64] = [:]
    for row in try await database.execute(
      """
      select kind, count(*) as n from wallet_svc.journal
      where order_id = $1 and id = kind || ':' || order_id group by kind
      """, [.text(order)])
    {
      kinds[try row.string("kind")] = try row.int("n")
    }
    return kinds
  }

  /// What an order did to an account of the ledger.
  func sum(of account: String, order: String) async throws -> Int64 {
    try await database.number(
      """
      select coalesce(sum(case when credit = $2 then amount else -amount end), 0)::bigint as n
      from wallet_svc.journal where order_id = $1 and $2 in (debit, credit)
      """, [.text(order), .text(account)])
  }

  struct Funds: Sendable, Equatable {
    let available: Int64
    let held: Int64
    /// How often money has moved.
    let entries: Int64
  }

  func funds(of customer: CustomerID) async throws -> Funds {
    let row = try await database.execute(
      """
      select coalesce((select available from wallet_svc.accounts where id = $1), 0) as available,
        coalesce((select held from wallet_svc.accounts where id = $1), 0) as held,
        (select count(*) from wallet_svc.journal where debit in ('customer:' || $1, 'held:' || $1)
          or credit in ('customer:' || $1, 'held:' || $1)) as entries
      """, [.text(customer.text)]
    ).first
    guard let row else { throw TestKitError("no funds of \(customer)") }
    return Funds(
      available: try row.int("available"), held: try row.int("held"), entries: try row.int("entries"))
  }

  /// A message about an order that a service has sent.
  func sent(_ type: String, about order: String, by sender: ServiceKind) async throws -> StreamMessage? {
    try await database.execute(
      """
      select * from \(sender.schema).outbox
      where type = $1 and position($2 in convert_from(body, 'UTF8')) > 0
        and message_id not in (select message_id from \(sender.schema).outbox_queue)
      """, [.text(type), .text(order)]
    ).first.map { try StreamMessage(outbox: $0) }
  }

  /// Whether the service has handled a message.
  func hasHandled(_ message: String, _ kind: ServiceKind) async throws -> Bool {
    try await database.number(
      "select count(*) as n from \(kind.schema).inbox where message_id = $1", [.text(message)]) == 1
  }
}
