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

  /// How old the followed head is: chain time against Postgres time. nil while nothing is followed.
  var headAge: Duration? { cursor.map { .milliseconds(now.chainMilliseconds - $0.timeMs) } }

  /// A head that has not moved for this long is not signed against.
  private static let headAgeMax: TimeInterval = 30
  /// Nor one that the follower, catching up, knows to be far behind.
  private static let behindMsMax: Int64 = 15_000

  static func read(_ order: OrderID, _ bus: Bus) async throws -> OrderSnapshot? {
    try await bus.read { session in
      try session.enqueue("select * from delegations where id = $1", [.text(order.text)])
      try session.enqueue("select * from legs where order_id = $1 order by id", [.text(order.text)])
      try session.enqueue("select * from transactions where order_id = $1 order by signed_at", [.text(order.text)])
      try session.enqueue(
        "select * from supplier_wallets where address in (select supplier from legs where order_id = $1)",
        [.text(order.text)])
      try session.enqueue("select * from block_cursor")
      try session.enqueue("select * from signing_state")
      try session.enqueue("select clock_timestamp() as now")
      try session.enqueue(
        "select 1 from supplier_wallets where address = (select receiver from delegations where id = $1)",
        [.text(order.text)])
      let results = try session.flush()
      guard results.count == 8, let now = try results[6].rows.first?.date("now") else {
        throw TransientFailure("Postgres answered \(results.count) of 8 statements")
      }
      guard let delegation = try results[0].decoded(Delegation.self).first else { return nil }
      let wallets = try results[3].decoded(SupplierWallet.self)
      return OrderSnapshot(
        delegation: delegation, legs: try results[1].decoded(Leg.self),
        transactions: try results[2].decoded(StoredTransaction.self),
        wallets: Dictionary(wallets.map { ($0.address, $0) }) { first, _ in first },
        cursor: try results[4].decoded(BlockCursor.self).first,
        signing: try results[5].decoded(SigningState.self).first, isReceiverOurs: !results[7].rows.isEmpty, now: now)
    }
  }

  /// The chain's position to sign against. Throws while it is unknown or stale: an expiration from an old head would
  /// be a lie.
  func currentHead() throws -> BlockCursor {
    guard let cursor else { throw TransientFailure("the chain is not followed yet", delay: .milliseconds(500)) }
    guard now.timeIntervalSince(cursor.advancedAt) < Self.headAgeMax else {
      throw TransientFailure("the head block \(cursor.number) is older than 30 s", delay: .seconds(1))
    }
    guard (cursor.headNumber - cursor.number) * cursor.intervalMs <= Self.behindMsMax else {
      throw TransientFailure(
        "block \(cursor.number) of \(cursor.headNumber) is being caught up with", delay: .seconds(1))
    }
    return cursor
  }
}

extension PostgresResult {
  func decoded<R: Row>(_ type: R.Type) throws -> [R] {
    try rows.map { try PostgresRowDecoder().decode(type, from: $0) }
  }
}
