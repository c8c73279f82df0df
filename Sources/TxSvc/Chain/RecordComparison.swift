import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// Compares what was kept of solid blocks with what a node, if possible another one, says of them now: the ids, the
/// counts of transactions, and whether a transaction or TRX deposit of ours is missing. Tokens' deposits are in
/// receipts, which are a call for each block: they are not compared, nor what others move for watched addresses.
struct RecordComparison: Sendable {
  /// Blocks of one call. A node gives up to 100, but a full one has half a megabyte.
  static let blocksPerCall: Int64 = 20
  /// After this hour (UTC) of each day the last day's blocks are compared.
  static let hour = 1

  let world: TxEnvironment
  let bus: Bus
  let reader: ChainReader

  struct Difference: Sendable, Equatable {
    let number: Int64
    let kind: ChainRecordDiffers.Kind
    let kept: String
    let seen: String
  }

  /// - Parameter mayPass: go on behind blocks that every node that is well lacks.
  func run(_ ground: ChainTaskStep.Ground, mayPass: Bool) async throws {
    let task = ground.task
    let records = try await records(from: task.next, to: task.last)
    guard let first = records.first?.number, let last = records.last?.number else {
      return try await conclude(ground, [], next: task.last + 1)
    }
    let byNumber = try await blocks(of: records, first, last, mayPass: mayPass)
    let lacking = records.count { byNumber[$0.number] == nil }
    if lacking > 0 {
      bus.logger.warning(
        "blocks were not compared: no node has them",
        metadata: ["from": "\(first)", "to": "\(last)", "lacking": "\(lacking)"])
    }
    let blocks = byNumber.values.sorted { $0.number < $1.number }
    let missing = try await missing(in: blocks).merging(try await missingOwn(in: blocks)) { $0 + $1 }
    let differences = records.flatMap { record in
      byNumber[record.number].map { Self.differences(record, $0, missing: missing[$0.number] ?? []) } ?? []
    }
    try await conclude(ground, differences, passed: lacking, next: last + 1)
  }

  /// By number. One node after another is asked until each record has its block.
  /// - Throws: where some have none, unless they may be passed over and nothing but their lack was the reason.
  private func blocks(
    of records: [SolidBlock], _ first: Int64, _ last: Int64, mayPass: Bool
  ) async throws -> [Int64: ChainBlock] {
    let nodes = await Self.nodes(of: world.nodes)
    guard !nodes.isEmpty else {
      throw TransientFailure("no TRON node can be asked for blocks \(first) to \(last)")
    }
    var found: [Int64: ChainBlock] = [:]
    var outage: TronNodeError?
    // Waiting for the answer or the budget takes as long as the task has: then the next node's turn is another time.
    for node in nodes where outage?.code != .timeout && outage?.code != .overBudget {
      do {
        reader.count(.compare)
        let blocks = try await node.with(priority: .refresh).with(timeout: .seconds(20))
          .blocks(from: first, to: last + 1)
        found.merge(blocks.map { ($0.number, $0) }) { known, _ in known }
      } catch let error as TronNodeError {
        bus.logger.log(
          level: mayPass ? .warning : .debug, "a node does not give the blocks",
          metadata: ["node": "\(node.name)", "error": "\(error)"])
        if !error.isLacking { outage = error }
      }
      if records.allSatisfy({ found[$0.number] != nil }) { return found }
    }
    if let outage { throw outage }
    guard mayPass else { throw TransientFailure("no TRON node has all of the blocks \(first) to \(last)") }
    return found
  }

  /// First another one than blocks are usually read from: those that are well, the last in the list first.
  static func nodes(of pool: TronNodePool) async -> [TronNodeClient] {
    let usable = await pool.usableNodes()
    let well = pool.wellNodes
    return well.isEmpty ? Array(usable.prefix(1)) : well.reversed()
  }

  static func differences(_ record: SolidBlock, _ block: ChainBlock, missing: [String]) -> [Difference] {
    guard record.blockID == block.id else {
      return [
        Difference(number: record.number, kind: .block, kept: record.blockID.hex, seen: block.id.hex)
      ]
    }
    var differences: [Difference] = []
    if let kept = record.transactions, kept != block.transactions.count {
      differences.append(
        Difference(
          number: record.number, kind: .transactions, kept: "\(kept)", seen: "\(block.transactions.count)"))
    }
    if !missing.isEmpty {
      differences.append(
        Difference(
          number: record.number, kind: .findings, kept: "\(record.ours + record.deposits) findings",
          seen: missing.prefix(10).joined(separator: ", ")))
    }
    return differences
  }

  /// Tells the differences, has their blocks read again, and moves the task on, in one transaction.
  private func conclude(
    _ ground: ChainTaskStep.Ground, _ differences: [Difference], passed: Int = 0, next: Int64
  ) async throws {
    let id = ground.task.id
    let numbers = Set(differences.map(\.number)).sorted()
    let rescans = numbers.map { (number: $0, id: "\(id)/\($0)") }
    let needs: [Need] =
      [.row(ChainTask.self, id), .row(ScanCursor.self, ScanCursor.key)]
      + rescans.map { .row(ChainTask.self, $0.id) }
    let isMoved = try await reader.write(needs, at: ground.now, bus) { unit -> Bool in
      guard var task = try unit.find(ChainTask.self, id), task.next == ground.task.next else { return false }
      if !differences.isEmpty, var scan = try unit.find(ScanCursor.self, ScanCursor.key) {
        for difference in differences {
          scan.seq += 1
          try unit.publish(
            ChainRecordDiffers(
              blockNumber: difference.number, kind: difference.kind, kept: difference.kept, seen: difference.seen,
              seq: scan.seq))
        }
        try unit.save(scan)
      }
      for rescan in rescans where try unit.find(ChainTask.self, rescan.id) == nil {
        try unit.save(
          ChainTask(id: rescan.id, kind: .rescan, blocks: rescan.number...rescan.number, now: unit.now))
        try unit.start(ChainTaskStep(task: rescan.id))
      }
      task.advance(to: next, findings: Int64(differences.count), passed: Int64(passed), now: unit.now)
      try unit.save(task)
      return true
    }
    if isMoved, passed > 0 { ground.task.count(passed: passed, bus.metrics) }
    for difference in differences {
      bus.metrics.counter("energy_tx_record_differences_total", labels: [("kind", difference.kind.rawValue)])
        .increment()
      bus.logger.error(
        "a solid block is not what was kept of it",
        metadata: [
          "block": "\(difference.number)", "kind": "\(difference.kind.rawValue)", "kept": "\(difference.kept)",
          "seen": "\(difference.seen)",
        ])
    }
  }

  // MARK: - What should have been found

  private func records(from first: Int64, to last: Int64) async throws -> [SolidBlock] {
    try await bus.read { session in
      try session.execute(
        "select * from solid_blocks where number between $1 and $2 order by number limit $3",
        [.int(first), .int(last), .int(Self.blocksPerCall)]
      ).decoded(SolidBlock.self)
    }
  }

  /// By block, what is in it and ours and not in our rows.
  private func missing(in blocks: [ChainBlock]) async throws -> [Int64: [String]] {
    let coins = blocks.flatMap { block in
      world.deposits.transfers(in: block, receipts: []).map { (block: block, transfer: $0) }
    }
    let paid = coins.filter { world.deposits.verdict($0.transfer, isFromUs: false) == .deposit }
    let places = Dictionary(blocks.flatMap { block in block.transactions.map { ($0.id.hex, block) } }) { one, _ in one }
    let (strange, watched, known) = try await bus.lookUp { session in
      let strange = try session.execute(
        """
        select transactions.id, transactions.block_id, transactions.state from transactions
        where id = any($1) and not exists (
          select 1 from stray_transactions as stray where stray.id = transactions.id and stray.is_solid)
        """, [.textArray(places.keys.sorted())]
      ).rows.map { (id: try $0.string("id"), block: try $0.stringIfPresent("block_id")) }
      let watched = try session.execute(
        "select address, from_block from watched_addresses where address = any($1)",
        [.textArray(Set(paid.map(\.transfer.to.base58)).sorted())]
      ).rows.map { (try $0.string("address"), try $0.int("from_block")) }
      let known = try session.execute(
        "select id from deposits where id = any($1)", [.textArray(paid.map(\.transfer.id))]
      ).rows.map { try $0.string("id") }
      return (strange, Dictionary(watched) { first, _ in first }, Set(known))
    }
    var missing: [Int64: [String]] = [:]
    for row in strange {
      guard let block = places[row.id], row.block != block.id.hex else { continue }
      missing[block.number, default: []].append(row.id)
    }
    for (block, transfer) in paid where !known.contains(transfer.id) {
      guard let from = watched[transfer.to.base58], from <= block.number else { continue }
      missing[block.number, default: []].append(transfer.id)
    }
    return missing
  }
}
