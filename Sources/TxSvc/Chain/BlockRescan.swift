import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// Reads a solid block once more, for deposits and transactions that were missed. What is known is passed over.
struct BlockRescan: Sendable {
  let world: TxEnvironment
  let bus: Bus
  let reader: ChainReader

  /// - Parameter mayPass: ask every node, and go on behind the block where each has said that it lacks it.
  func run(_ ground: ChainTaskStep.Ground, block number: Int64, mayPass: Bool) async throws {
    let block: ChainBlock
    let receipts: [TransactionInfo]
    do {
      block = try await self.block(number, askingEach: mayPass)
      let needsReceipts = ground.scan.watched > 0 && !block.transactions.isEmpty
      receipts = needsReceipts ? try await self.receipts(block, askingEach: mayPass) : []
    } catch let error as TronNodeError where mayPass && error.isLacking {
      return try await pass(ground, number, error)
    }
    let moves = ground.scan.watched > 0 ? world.deposits.moves(in: block, receipts: receipts) : BlockMoves()
    let findings = DepositFindings(world: world, bus: bus, moves: moves, block: block)
    let ours = try await findings.ours()
    let missed = try await missed(in: block)
    let results = block.results(of: missed.ids)
    let needs: [Need] =
      BlockFindings.needs(missed.orders) + findings.needs
      + [.row(ChainTask.self, ground.task.id)]
      + missed.ids.map { .row(StrayTransaction.self, $0.hex) }
    let count = try await reader.write(needs, at: ground.now, bus) { unit -> DepositFindings.Count? in
      guard var task = try unit.find(ChainTask.self, ground.task.id), task.next == number else { return nil }
      let found = try restore(missed.orders, block, results, unit)
      let count = try findings.record(ours, unit, isScan: false)
      task.advance(to: number + 1, findings: Int64(found + count.news), now: unit.now)
      try unit.save(task)
      return count
    }
    count?.report(bus.metrics)
    if let count, count.news > 0 {
      bus.logger.warning(
        "deposits or transactions of our addresses were missed",
        metadata: ["block": "\(number)", "count": "\(count.news)"])
    }
  }

  /// Puts missed transactions into their block; the next look at solid blocks finishes them.
  private func restore(
    _ orders: [OrderID], _ block: ChainBlock, _ results: [TransactionID: String], _ unit: UnitOfWork
  ) throws -> Int {
    var strays: [StrayTransaction] = []
    var found = 0
    try BlockFindings.change(orders, unit, world, bus) { delegation, _ in
      for transaction in delegation.transactions {
        guard let result = results[transaction.id] else { continue }
        switch transaction.state {
        case .signed:
          found += 1
          try delegation.inBlock(transaction.id, block: block.id, timeMs: block.timestamp, result: result)
        case .dead where transaction.blockID != block.id:
          strays.append(try StrayTransaction(transaction, in: delegation, block: block, result: result, now: unit.now))
        case .inBlock, .solid, .dead: break
        }
      }
    }
    for var stray in strays where try unit.find(StrayTransaction.self, stray.rowKey)?.isSolid != true {
      found += 1
      try stray.tell(unit)
    }
    return found
  }

  /// Transactions in the block that our rows do not have there.
  private func missed(in block: ChainBlock) async throws -> BlockFindings.Ours {
    guard !block.transactions.isEmpty else { return BlockFindings.Ours([]) }
    let ids = block.transactions.map(\.id.hex)
    return try await bus.lookUp { session in
      BlockFindings.Ours(
        try session.execute(
          """
          select id, order_id from transactions
          where id = any($1) and state in ('signed', 'dead') and block_id is distinct from $2
          """, [.textArray(ids), .text(block.id.hex)]
        ).rows.map { (try TransactionID(hex: $0.string("id")), OrderID(text: try $0.string("order_id"))) })
    }
  }

  /// What a node lacks, or contradicts, is thrown as an error of this node, so that the others are asked.
  private func block(_ number: Int64, askingEach: Bool) async throws -> ChainBlock {
    try await reader.read(.rescan, askingEach: askingEach) { node in
      do {
        return try await node.block(number: number, solid: true)
      } catch let error as TronNodeError where error.code == .notFound {
        throw TronNodeError(.unsupported, "\(node.name) does not have the solid block \(number)")
      }
    }
  }

  private func receipts(_ block: ChainBlock, askingEach: Bool) async throws -> [TransactionInfo] {
    try await reader.read(.rescan, askingEach: askingEach) { node in
      let receipts = try await node.transactionInfos(inBlock: block.number, solid: true)
      guard receipts.count == block.transactions.count else {
        throw TronNodeError(
          .unsupported,
          "\(node.name) has \(receipts.count) receipts of block \(block.id), not \(block.transactions.count)")
      }
      guard Set(receipts.map(\.id)) == Set(block.transactions.map(\.id)) else {
        throw TronNodeError(
          .malformed, "\(node.name)'s receipts of block \(block.number) are not those of \(block.id)")
      }
      return receipts
    }
  }

  private func pass(_ ground: ChainTaskStep.Ground, _ number: Int64, _ error: TronNodeError) async throws {
    let needs: [Need] = [.row(ChainTask.self, ground.task.id)]
    let isPassed = try await reader.write(needs, at: ground.now, bus) { unit -> Bool in
      guard var task = try unit.find(ChainTask.self, ground.task.id), task.next == number else { return false }
      task.advance(to: number + 1, findings: 0, passed: 1, now: unit.now)
      try unit.save(task)
      return true
    }
    guard isPassed else { return }
    ground.task.count(passed: 1, bus.metrics)
    bus.logger.error(
      "a block was not read again: no node can give it",
      metadata: ["task": "\(ground.task.id)", "block": "\(number)", "error": "\(error)"])
  }
}
