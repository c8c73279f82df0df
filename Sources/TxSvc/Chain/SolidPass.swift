import BusKit
import Contracts
import Foundation
import TronKit

/// Draws the conclusions of a solid head: what is in a block up to it is final. Receipts are read of solid blocks
/// only, and only of those that hold a transaction of ours.
struct SolidPass: Sendable {
  private static let transactionsMax: Int64 = 500
  private static let blocksMax: Int64 = 500

  let world: TxEnvironment
  let bus: Bus

  func run(_ cursor: BlockCursor) async throws {
    let solid = try await world.nodes.read { try await $0.solidHead() }
    guard solid.number > cursor.solidNumber, solid.number <= cursor.number else { return }
    if try await isForked(solid, cursor) {
      return try await BlockFindings(world: world, bus: bus).rewind(cursor)
    }
    while case let due = try await due(solid.number), !due.isEmpty {
      for (number, orders) in due { try await finish(block: number, orders) }
    }
    try await conclude(solid, from: cursor.solidNumber)
  }

  /// Moves the cursor's solid head in steps, forgetting the blocks that are far enough below it.
  private func conclude(_ solid: ChainBlock, from first: Int64) async throws {
    var next = first
    while next < solid.number {
      let step = next..<min(solid.number, next + Self.blocksMax)
      let forgotten = step.map { FollowedBlock.key($0 - BlockFollower.keptBlocks) }
      let needs = [Need.row(BlockCursor.self, BlockCursor.key)] + forgotten.map { .row(FollowedBlock.self, $0) }
      try await bus.transaction(needs: needs) { unit in
        for key in forgotten { try unit.delete(FollowedBlock.self, key) }
        guard step.upperBound == solid.number, var current = try unit.find(BlockCursor.self, BlockCursor.key),
          current.solidNumber < solid.number, current.number >= solid.number
        else { return }
        current.solidNumber = solid.number
        current.solidBlockID = solid.id
        current.solidTimeMs = solid.timestamp
        try unit.save(current)
      }
      next = step.upperBound
    }
  }

  /// Whether the followed blocks lead past another block of the solid head's number.
  private func isForked(_ solid: ChainBlock, _ cursor: BlockCursor) async throws -> Bool {
    if solid.number == cursor.number { return solid.id != cursor.blockID }
    let known = try await bus.read { session in
      try session.execute(
        "select * from followed_blocks where number = $1", [.text(FollowedBlock.key(solid.number))]
      ).decoded(FollowedBlock.self).first
    }
    guard let known else { throw TransientFailure("block \(solid.number) is solid and was not followed") }
    return known.blockID != solid.id
  }

  private func due(_ number: Int64) async throws -> [(Int64, [OrderID])] {
    let rows = try await bus.read { session in
      try session.execute(
        """
        select block_number, order_id from transactions where state = 'in_block' and block_number <= $1
        order by block_number, order_id limit $2
        """, [.int(number), .int(Self.transactionsMax)]
      ).rows.map { (try $0.int("block_number"), OrderID(text: try $0.string("order_id"))) }
    }
    return Dictionary(grouping: rows, by: \.0).sorted { $0.key < $1.key }.map { number, rows in
      (number, Array(Set(rows.map(\.1))).sorted { $0.text < $1.text })
    }
  }

  private func finish(block number: Int64, _ orders: [OrderID]) async throws {
    let infos = try await world.nodes.read { try await $0.transactionInfos(inBlock: number, solid: true) }
    let receipts = Dictionary(infos.map { ($0.id, $0) }) { first, _ in first }
    let missing = try await bus.transaction(needs: BlockFindings.needs(orders)) { unit in
      var missing: [TransactionID] = []
      try BlockFindings.change(orders, unit, world) { delegation, terms in
        for transaction in delegation.transactions
        where transaction.state == .inBlock && transaction.blockNumber == number {
          guard let receipt = receipts[transaction.id], receipt.blockNumber == number else {
            missing.append(transaction.id)
            continue
          }
          try delegation.solid(
            transaction.id, fee: receipt.fee, result: receipt.succeeded ? nil : "FAILED", terms: terms)
        }
      }
      return missing
    }
    guard missing.isEmpty else {
      throw TransientFailure("solid block \(number) has no receipt of \(missing.map(\.hex).joined(separator: ", "))")
    }
  }
}
