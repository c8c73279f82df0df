import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// What an effect knows of an order before it goes out into the world. Read without locks: whatever it leads to is
/// checked again, under locks, when it is written.
struct OrderSnapshot: Sendable {
  let delegation: Delegation
  let legs: [Leg]
  let transactions: [StoredTransaction]
  let wallets: [TronAddress: SupplierWallet]
  let cursor: BlockCursor?
  let signing: SigningState?
  /// Whether the receiver is a supplier wallet.
  let isReceiverOurs: Bool
  /// Postgres time.
  let now: Date

  var mode: SetSigning.Mode { signing?.mode ?? .everything }

  /// The followed head as it was then.
  var head: HeadSight { HeadSight(cursor: cursor, now: now) }

  /// Of each order that is known.
  static func read(_ orders: Set<OrderID>, _ bus: Bus) async throws -> [OrderID: OrderSnapshot] {
    try await bus.lookUp { session in
      let ids = PostgresValue.textArray(orders.map(\.text).sorted())
      for statement in [
        "select * from delegations where id = any($1)",
        "select * from legs where order_id = any($1) order by id",
        "select * from transactions where order_id = any($1) order by signed_at",
        "select * from supplier_wallets where address in (select supplier from legs where order_id = any($1))",
        """
        select delegations.id from delegations join supplier_wallets on address = receiver
        where delegations.id = any($1)
        """,
      ] { try session.enqueue(statement, [ids]) }
      try session.enqueue("select * from block_cursor")
      try session.enqueue("select * from signing_state")
      try session.enqueue("select clock_timestamp() as now")
      let results = Array(try session.flush().suffix(8))
      guard results.count == 8, let now = try results[7].rows.first?.date("now") else {
        throw TransientFailure("Postgres answered \(results.count) of 8 statements")
      }
      let legs = Dictionary(grouping: try results[1].decoded(Leg.self), by: \.orderID)
      let transactions = Dictionary(grouping: try results[2].decoded(StoredTransaction.self), by: \.orderID)
      let wallets = try results[3].decoded(SupplierWallet.self)
      let ours = Set(try results[4].rows.map { try $0.string("id") })
      let cursor = try results[5].decoded(BlockCursor.self).first
      let signing = try results[6].decoded(SigningState.self).first
      return try results[0].decoded(Delegation.self).reduce(into: [:]) { snapshots, delegation in
        let suppliers = Set((legs[delegation.id] ?? []).map(\.supplier))
        let own = wallets.filter { suppliers.contains($0.address) }.map { ($0.address, $0) }
        snapshots[delegation.id] = OrderSnapshot(
          delegation: delegation, legs: legs[delegation.id] ?? [], transactions: transactions[delegation.id] ?? [],
          wallets: Dictionary(own) { first, _ in first }, cursor: cursor, signing: signing,
          isReceiverOurs: ours.contains(delegation.id.text), now: now)
      }
    }
  }
}
