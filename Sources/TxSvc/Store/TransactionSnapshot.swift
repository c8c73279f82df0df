import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// What is known of one transaction before its bytes are sent, or sent again. Read without locks: whatever it leads to
/// is checked again, under locks, when it is written. Orders are sent more often than anything else is done for them:
/// nothing is read here that sending does not need, keys least of all.
struct TransactionSnapshot: Sendable {
  let transaction: StoredTransaction
  let receiver: TronAddress
  /// The oldest first.
  let sendings: [Sending]
  let cursor: BlockCursor?
  let mode: SetSigning.Mode
  /// Postgres time.
  let now: Date

  /// Of each transaction that is known.
  static func read(_ ids: Set<String>, _ bus: Bus) async throws -> [String: TransactionSnapshot] {
    try await bus.lookUp { session in
      let keys = PostgresValue.textArray(ids.sorted())
      for statement in [
        "select * from transactions where id = any($1)",
        """
        select id, receiver from delegations
        where id = any(array(select order_id from transactions where transactions.id = any($1)))
        """,
        "select * from sendings where tx_id = any($1) order by sent_at",
      ] { try session.enqueue(statement, [keys]) }
      try session.enqueue("select * from block_cursor")
      try session.enqueue("select clock_timestamp() as now, (select mode from signing_state limit 1) as mode")
      let results = Array(try session.flush().suffix(5))
      guard results.count == 5, let moment = results[4].rows.first else {
        throw TransientFailure("Postgres answered \(results.count) of 5 statements")
      }
      let (now, mode) = (try moment.date("now"), try mode(moment.stringIfPresent("mode")))
      let receivers = Dictionary(
        try results[1].rows.map { (try $0.string("id"), try TronAddress(parsing: $0.string("receiver"))) }
      ) { first, _ in first }
      let sendings = Dictionary(grouping: try results[2].decoded(Sending.self), by: \.txID)
      let cursor = try results[3].decoded(BlockCursor.self).first
      return try results[0].decoded(StoredTransaction.self).reduce(into: [:]) { snapshots, transaction in
        guard let receiver = receivers[transaction.orderID.text] else {
          throw InvariantViolation("transaction \(transaction.id) names order \(transaction.orderID), which is gone")
        }
        snapshots[transaction.id.hex] = TransactionSnapshot(
          transaction: transaction, receiver: receiver, sendings: sendings[transaction.id] ?? [], cursor: cursor,
          mode: mode, now: now)
      }
    }
  }

  private static func mode(_ text: String?) throws -> SetSigning.Mode {
    guard let text else { return .everything }
    guard let mode = SetSigning.Mode(rawValue: text) else {
      throw InvariantViolation("signing_state has the mode \(text), which this release does not know")
    }
    return mode
  }
}
