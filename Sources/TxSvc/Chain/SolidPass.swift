import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// Draws the conclusions of a solid block, one block after another: what is in it is final. Receipts are read of
/// solid blocks only, and only where something of ours may be in them.
struct SolidPass: Sendable {
  enum Outcome: Sendable, Equatable {
    case finished
    /// There is more up to the same block.
    case more
    /// The followed blocks do not lead to it: from this one on they have to be taken back.
    case forked(BlockID)
  }

  private static let transactionsMax: Int64 = 500
  /// Blocks of one pass: the head must not wait for long.
  private static let blocksMax = 50
  /// Records that are forgotten with one block: more than one is due where fewer are to be kept than before.
  private static let forgottenMax: Int64 = 10

  let world: TxEnvironment
  let bus: Bus
  let reader: ChainReader
  let shelf: BlockShelf

  /// - Parameter anchor: a solid block, not beyond the cursor's.
  func run(_ cursor: BlockCursor, _ anchor: SolidAnchor) async throws -> Outcome {
    guard var scan = try await scanCursor() else { return .finished }
    let solid = anchor.block
    // A node that lags, or answers an older solid head than another, has nothing to say.
    guard solid.number > scan.number, solid.number <= cursor.number else { return .finished }
    guard let known = try await followed(solid.number) else {
      throw TransientFailure("block \(solid.number) is solid and was not followed")
    }
    if known.blockID != solid.id, try await isFork(known, anchor) {
      return .forked(known.blockID)
    }
    var count = 0
    while scan.number < solid.number {
      guard count < Self.blocksMax else { return .more }
      guard let next = try await scanNext(scan, to: known) else { return .finished }
      scan = next
      count += 1
    }
    return .finished
  }

  /// Whether another block was followed than is solid. One node's word takes nothing back while another contradicts
  /// it, or could yet.
  private func isFork(_ known: FollowedBlock, _ anchor: SolidAnchor) async throws -> Bool {
    let word = try await SolidWitness(bus: bus, reader: reader).word(on: anchor)
    if word == .alone || word == .agrees { return true }
    bus.metrics.counter("energy_tx_solid_conflicts_total").increment()
    bus.logger.error(
      "a node's solid block is not the one that was followed, and no other node agrees: wrong network?",
      metadata: ["node": "\(anchor.node)", "block": "\(anchor.block.id)", "followed": "\(known.blockID)"])
    if word == .differs(known.blockID) { return false }
    throw TransientFailure("\(anchor.node) alone has the solid block \(anchor.block.id)")
  }

  /// A fork was followed: everything from the solid head's number on goes.
  /// - Returns: false when another follower moved the cursor meanwhile, and something is left.
  func rewind(_ cursor: BlockCursor, below number: Int64) async throws -> Bool {
    var cursor: BlockCursor? = cursor
    while let last = cursor, last.number >= number {
      cursor = try await BlockFindings(world: world, bus: bus).rewind(last)
    }
    return cursor != nil
  }

  // MARK: - One block

  /// Everything of the block after the scan's, in one transaction.
  /// - Parameter last: the followed block that is known to be solid, and its ancestors with it.
  /// - Returns: the scan after it; nil when another follower was faster, and nothing was done.
  /// - Throws: `TransientFailure` when other blocks are followed meanwhile.
  private func scanNext(_ scan: ScanCursor, to last: FollowedBlock) async throws -> ScanCursor? {
    let number = scan.number + 1
    let known = try await followedOrFetched(number)
    let stored = try await transactions(in: number)
    let orders = Self.orders(of: stored)
    let isLookedInto = scan.watched > 0 && known.transactions != 0
    let block = isLookedInto ? try await whole(known, number) : shelf.block(known.blockID)
    let place = SolidPlace(known, number: number)
    let evidence = try await evidence(place, block, stored, isNeeded: isLookedInto)
    let read = isLookedInto ? block : nil
    let moves = read.map { world.deposits.moves(in: $0, receipts: evidence.receipts) } ?? BlockMoves()
    let findings = DepositFindings(world: world, bus: bus, moves: moves, block: known, number: number)
    let ours = try await findings.ours()

    let forgotten = try await forgotten(number - world.chainRecordBlocks)
    let needs: [Need] =
      BlockFindings.needs(orders) + findings.needs + [
        .row(ScanCursor.self, ScanCursor.key),
        .row(FollowedBlock.self, FollowedBlock.key(number - BlockFollower.keptBlocks)),
        .row(FollowedBlock.self, last.number), .row(FollowedBlock.self, FollowedBlock.key(number)),
        .rows(StrayTransaction.self, where: "block_id", is: known.blockID.hex),
      ] + forgotten.map { .row(SolidBlock.self, $0) }
    let result = try await bus.transaction(needs: needs) { unit -> (ScanCursor, DepositFindings.Count)? in
      guard var current = try unit.find(ScanCursor.self, ScanCursor.key), current.number == scan.number else {
        return nil
      }
      // Under the cursor's lock nobody follows other blocks.
      guard try unit.find(FollowedBlock.self, last.number)?.blockID == last.blockID,
        try unit.find(FollowedBlock.self, FollowedBlock.key(number)).map({ $0.blockID == known.blockID }) ?? true
      else { throw TransientFailure("block \(last.number) was solid, and another one is followed now") }
      // The first address was watched since the block was read: it is read once more, with its receipts.
      guard isLookedInto || current.watched == 0 || known.transactions == 0 else {
        throw TransientFailure("the first addresses are watched from block \(number) on", delay: .zero)
      }
      let finished = try finish(orders, evidence, unit)
      for var stray in try unit.all(StrayTransaction.self) where !stray.isSolid { try stray.tell(unit) }
      let count = try findings.record(ours, unit, isScan: true)
      try unit.save(
        SolidBlock(
          number: number, blockID: known.blockID, timeMs: known.timeMs, transactions: known.transactions,
          ours: finished.solid, deposits: count.taken))
      for key in forgotten { try unit.delete(SolidBlock.self, key) }
      try unit.delete(FollowedBlock.self, FollowedBlock.key(number - BlockFollower.keptBlocks))
      current.number = number
      current.blockID = known.blockID
      try unit.save(current)
      try Self.moveSolidHead(known, number, isLast: known.blockID == last.blockID, unit)
      return (current, count)
    }
    result?.1.report(bus.metrics)
    return result?.0
  }

  /// What transactions reference, and by what expired ones are judged, is the solid head itself: blocks on the way to
  /// it need no writing.
  private static func moveSolidHead(_ block: FollowedBlock, _ number: Int64, isLast: Bool, _ unit: UnitOfWork) throws {
    guard isLast, var cursor = try unit.find(BlockCursor.self, BlockCursor.key), cursor.solidNumber < number,
      cursor.number >= number
    else { return }
    cursor.solidNumber = number
    cursor.solidBlockID = block.blockID
    cursor.solidTimeMs = block.timeMs
    try unit.save(cursor)
  }

  /// How many transactions of ours are final with a block, or are not in it.
  private struct Finished: Sendable {
    var solid = 0
    var reverted = 0
  }

  private func finish(_ orders: [OrderID], _ evidence: SolidEvidence, _ unit: UnitOfWork) throws -> Finished {
    let place = evidence.place
    let byID = Dictionary(evidence.receipts.map { ($0.id, $0) }) { first, _ in first }
    var found: [OrderID: Finished] = [:]
    let saved = try BlockFindings.change(orders, unit, world, bus) { delegation, terms in
      var finished = Finished()
      for transaction in delegation.transactions
      where transaction.state == .inBlock && transaction.blockNumber == place.number {
        // Of its number another block is solid, or the block does not hold it: the same bytes are sent again.
        guard transaction.blockID == place.blockID, !evidence.absent.contains(transaction.id) else {
          try delegation.reverted(transaction.id)
          finished.reverted += 1
          continue
        }
        guard let receipt = byID[transaction.id] else {
          throw TransientFailure("solid block \(place.number) has no receipt of \(transaction.id)")
        }
        if let result = evidence.results[transaction.id] { try delegation.corrected(transaction.id, result: result) }
        try delegation.solid(
          transaction.id, fee: receipt.fee, result: receipt.succeeded ? nil : "FAILED", terms: terms)
        finished.solid += 1
      }
      found[delegation.delegation.id] = finished
    }
    return found.filter { saved.contains($0.key) }.values.reduce(into: Finished()) {
      $0.solid += $1.solid
      $0.reverted += $1.reverted
    }
  }

  /// Transactions that were found in a block after it had been looked through, by whoever asked the chain for them.
  /// A block that cannot be settled holds up no other.
  /// - Returns: false when there are some and nothing could be done for any.
  func finishLate() async throws -> Bool {
    guard let scan = try await scanCursor() else { return true }
    let late = try await transactions("block_number <= $1", scan.number, limit: Self.transactionsMax)
    var count = 0
    for (number, ours) in Dictionary(grouping: late, by: { $0.blockNumber ?? 0 }).sorted(by: { $0.key < $1.key }) {
      do {
        let evidence = try await evidence(try await place(number), nil, ours, isNeeded: false)
        let orders = Self.orders(of: ours)
        let finished = try await bus.transaction(needs: BlockFindings.needs(orders)) { unit in
          try finish(orders, evidence, unit)
        }
        count += finished.solid + finished.reverted
      } catch let error where error is TransientFailure || error is TronNodeError {
        bus.metrics.counter("energy_tx_solid_failures_total").increment()
        bus.logger.warning(
          "transactions that were found late wait", metadata: ["block": "\(number)", "error": "\(error)"])
      }
    }
    return late.isEmpty || count > 0
  }

  // MARK: - Reading

  private func followed(_ number: Int64) async throws -> FollowedBlock? {
    try await bus.read { try FollowedBlock.read(number, $0) }
  }

  /// The release before forgot solid blocks sooner than this one looks through them.
  private func followedOrFetched(_ number: Int64) async throws -> FollowedBlock {
    if let known = try await followed(number) { return known }
    let block = try await reader.read(.block) { try await $0.block(number: number, solid: true) }
    return FollowedBlock(
      number: number, blockID: block.id, parentID: block.parent, timeMs: block.timestamp,
      transactions: block.transactions.count)
  }

  /// A solid block that was looked through.
  private func place(_ number: Int64) async throws -> SolidPlace {
    let kept = try await bus.read { session in
      try session.execute("select * from solid_blocks where number = $1", [.int(number)]).decoded(SolidBlock.self).first
    }
    if let kept { return SolidPlace(kept) }
    return SolidPlace(try await followedOrFetched(number), number: number)
  }

  /// - Parameter isNeeded: receipts are read although nothing of ours is in the block.
  private func evidence(
    _ place: SolidPlace, _ block: ChainBlock?, _ ours: [StoredTransaction], isNeeded: Bool
  ) async throws -> SolidEvidence {
    guard isNeeded || ours.contains(where: { $0.blockID == place.blockID }) else { return SolidEvidence(place: place) }
    return try await SolidReading(bus: bus, reader: reader).evidence(place, block, ours)
  }

  /// The keys of the oldest records up to this block.
  private func forgotten(_ number: Int64) async throws -> [String] {
    try await bus.read { session in
      try session.execute(
        "select number from solid_blocks where number <= $1 order by number limit $2",
        [.int(number), .int(Self.forgottenMax)]
      ).rows.map { SolidBlock.key(try $0.int("number")) }
    }
  }

  private func transactions(in number: Int64) async throws -> [StoredTransaction] {
    try await transactions("block_number = $1", number, limit: Int64(Int32.max))
  }

  /// Ours that stand in blocks, the oldest first.
  private func transactions(
    _ condition: StaticString, _ number: Int64, limit: Int64
  ) async throws -> [StoredTransaction] {
    try await bus.lookUp { session in
      try session.execute(
        "select * from transactions where state = 'in_block' and \(condition) order by block_number, order_id limit $2",
        [.int(number), .int(limit)]
      ).decoded(StoredTransaction.self)
    }
  }

  private static func orders(of transactions: [StoredTransaction]) -> [OrderID] {
    Array(Set(transactions.map(\.orderID))).sorted { $0.text < $1.text }
  }

  /// The block with its transactions: as it was followed, or fetched again.
  private func whole(_ known: FollowedBlock, _ number: Int64) async throws -> ChainBlock {
    if let block = shelf.block(known.blockID) { return block }
    let block = try await reader.read(.block) { try await $0.block(number: number, solid: true) }
    guard block.id == known.blockID else {
      throw TransientFailure("a node has the solid block \(block.id) where \(known.blockID) was followed")
    }
    return block
  }

  /// Begins at the solid head of the time when scanning begins.
  private func scanCursor() async throws -> ScanCursor? {
    if let scan = try await bus.read({ try ScanCursor.read($0) }) { return scan }
    let needs: [Need] = [.row(BlockCursor.self, BlockCursor.key), .row(ScanCursor.self, ScanCursor.key)]
    return try await bus.transaction(needs: needs) { unit in
      if let scan = try unit.find(ScanCursor.self, ScanCursor.key) { return scan }
      guard let cursor = try unit.find(BlockCursor.self, BlockCursor.key) else { return nil }
      let scan = ScanCursor(
        id: ScanCursor.key, number: cursor.solidNumber, blockID: cursor.solidBlockID, watched: 0, seq: 0)
      try unit.save(scan)
      return scan
    }
  }
}
