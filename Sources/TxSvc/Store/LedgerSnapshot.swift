import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// The live legs of one wallet at one moment, and how far the chain must be read to show the solid ones.
struct LedgerSnapshot: Sendable {
  /// More are not compared: a wallet never comes near it.
  private static let legsMax: Int64 = 200_000

  let legs: [LiveLeg]
  /// A reading of this block or a later one shows every leg that is solid here.
  let solidBlock: Int64

  /// - Parameter receiver: nil for all.
  static func read(_ wallet: TronAddress, to receiver: TronAddress? = nil, _ session: PostgresSession) throws
    -> LedgerSnapshot
  {
    let rows = try session.execute(
      """
      select l.id, d.receiver, l.stake, l.state, coalesce(l.block_number, 0) as block_number
      from legs l join delegations d on d.id = l.order_id
      where l.supplier = $1 and l.state not in ('reclaimed', 'dead') and ($2 = '' or d.receiver = $2)
      order by l.id limit $3
      """, [.text(wallet.base58), .text(receiver?.base58 ?? ""), .int(Self.legsMax + 1)]
    ).rows
    guard rows.count <= Self.legsMax else {
      throw PermanentFailure("wallet \(wallet) has more than \(Self.legsMax) live legs: too many to compare")
    }
    var solidBlock = try session.execute("select solid_number from block_cursor").rows.first?.int("solid_number") ?? 0
    let legs = try rows.map { row in
      guard let state = LegState(rawValue: try row.string("state")) else {
        throw InvariantViolation("leg \(try row.string("id")) has the state \(try row.string("state"))")
      }
      if state == .solid { solidBlock = max(solidBlock, try row.int("block_number")) }
      return LiveLeg(
        id: try row.string("id"), receiver: try TronAddress(parsing: try row.string("receiver")),
        stake: Sun(try row.int("stake")), state: state)
    }
    return LedgerSnapshot(legs: legs, solidBlock: solidBlock)
  }
}
