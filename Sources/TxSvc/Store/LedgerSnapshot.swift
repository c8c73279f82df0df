import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// The live legs of one wallet at one moment, and how far the chain must be read to show the solid ones.
struct LedgerSnapshot: Sendable {
  /// Of rentals that last a day a busy wallet has more. Then its figures are read all the same, and not compared.
  static let legsMax: Int64 = 200_000

  let legs: [LiveLeg]
  /// A reading of this block or a later one shows every leg that is solid here.
  let solidBlock: Int64

  /// Of all receivers together, for a total: the legs do not say whom they are lent to.
  /// - Parameter limit: tests have fewer.
  /// - Returns: nil where there are too many to compare.
  static func total(_ wallet: TronAddress, limit: Int64 = legsMax, _ session: PostgresSession) throws -> LedgerSnapshot?
  {
    try read(
      "select id, null as lent_to, \(columns) from legs where supplier = $1 and lent_to is not null limit $2",
      [.text(wallet.base58)], limit, session)
  }

  /// In the order of their ids where a receiver is named.
  /// - Parameter receiver: nil for each.
  /// - Returns: nil where there are too many to compare.
  static func read(
    _ wallet: TronAddress, to receiver: TronAddress? = nil, limit: Int64 = legsMax, _ session: PostgresSession
  ) throws -> LedgerSnapshot? {
    guard let receiver else {
      return try read(
        "select id, lent_to, \(columns) from legs where supplier = $1 and lent_to is not null limit $2",
        [.text(wallet.base58)], limit, session)
    }
    let snapshot = try read(
      pairStatement, [.text(wallet.base58), .textArray([receiver.base58])], limit, session)
    return snapshot.map { LedgerSnapshot(legs: $0.legs.sorted { $0.id < $1.id }, solidBlock: $0.solidBlock) }
  }

  /// Its order is that of legs_lent_to, as in `LentPair`.
  static let pairStatement =
    "select id, lent_to, \(columns) from legs where supplier = $1 and lent_to = any($2) order by lent_to limit $3"

  private static let columns = "stake, state, coalesce(block_number, 0) as block_number"

  private static func read(
    _ statement: String, _ keys: [PostgresValue], _ limit: Int64, _ session: PostgresSession
  ) throws -> LedgerSnapshot? {
    let rows = try session.execute(statement, keys + [.int(limit + 1)]).rows
    guard rows.count <= limit else { return nil }
    var solidBlock = try session.execute("select solid_number from block_cursor").rows.first?.int("solid_number") ?? 0
    let legs = try rows.map { row in
      guard let state = LegState(rawValue: try row.string("state")) else {
        throw InvariantViolation("leg \(try row.string("id")) has the state \(try row.string("state"))")
      }
      if state == .solid { solidBlock = max(solidBlock, try row.int("block_number")) }
      return LiveLeg(
        id: try row.string("id"),
        receiver: try row.stringIfPresent("lent_to").map { try TronAddress(parsing: $0) },
        stake: Sun(try row.int("stake")), state: state)
    }
    return LedgerSnapshot(legs: legs, solidBlock: solidBlock)
  }

  /// A wallet that lends too much to be compared is told, and goes on lending.
  static func tooMany(_ wallet: TronAddress, _ bus: Bus) {
    bus.metrics.counter("energy_tx_ledgers_not_compared_total").increment()
    bus.logger.warning(
      "a wallet has too many live legs to be compared with the chain",
      metadata: ["wallet": "\(wallet)", "legs_max": "\(legsMax)"])
  }
}
