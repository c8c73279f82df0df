import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// Writes what a block shows, and takes back what a lost block showed.
struct BlockFindings: Sendable {
  let world: TxEnvironment
  let bus: Bus

  private struct Advance: Sendable {
    var cursor: BlockCursor?
    var strays: [StrayTransaction] = []
  }

  /// One transaction: the cursor moves from `cursor` to `block`, and with it every transaction of ours that the block
  /// holds.
  /// - Returns: the cursor after it; nil when another follower was faster, and nothing was done.
  func advance(
    _ cursor: BlockCursor, to block: ChainBlock, headNumber: Int64, intervalMs: Int64
  ) async throws -> BlockCursor? {
    // A transaction is stored before its first byte leaves: what is in the block is in the table by the time it is
    // read here.
    let ours = try await ours(among: block.transactions.map(\.id))
    let (orders, results) = (ours.orders, block.results(of: ours.ids))
    let needs =
      Self.needs(orders) + [.row(FollowedBlock.self, FollowedBlock.key(block.number))]
      + ours.ids.map { .row(StrayTransaction.self, $0.hex) }
    let advance = try await bus.transaction(needs: needs) { unit in
      guard var current = try unit.find(BlockCursor.self, BlockCursor.key), current.number == cursor.number,
        current.blockID == cursor.blockID
      else { return Advance() }
      var strays: [StrayTransaction] = []
      try Self.change(orders, unit, world, bus) { delegation, _ in
        for transaction in delegation.transactions {
          guard let result = results[transaction.id] else { continue }
          if transaction.state == .dead {
            strays.append(
              try StrayTransaction(transaction, in: delegation, block: block, result: result, now: unit.now))
          } else {
            try delegation.inBlock(transaction.id, block: block.id, timeMs: block.timestamp, result: result)
          }
        }
      }
      for stray in strays { try unit.save(stray) }
      try unit.save(
        FollowedBlock(
          number: block.number, blockID: block.id, parentID: block.parent, timeMs: block.timestamp,
          transactions: block.transactions.count))
      current.number = block.number
      current.blockID = block.id
      current.timeMs = block.timestamp
      current.advancedAt = unit.now
      current.headNumber = max(headNumber, block.number)
      current.intervalMs = intervalMs
      current.leaseUntil = unit.now.addingTimeInterval(BlockFollower.lease)
      try unit.save(current)
      return Advance(cursor: current, strays: strays)
    }
    report(advance.strays)
    return advance.cursor
  }

  /// Gives up the cursor's block: the chain went another way.
  /// - Returns: the cursor after it; nil when another follower was faster, and nothing was done.
  @discardableResult func rewind(_ cursor: BlockCursor) async throws -> BlockCursor? {
    guard cursor.number > cursor.solidNumber else {
      throw InvariantViolation(
        "block \(cursor.number) (\(cursor.blockID)) was solid and is not on the chain of the nodes: wrong network?"
      )
    }
    bus.metrics.counter("energy_tx_reorganised_blocks_total").increment()
    bus.logger.warning("a block was reorganised away", metadata: ["block": "\(cursor.blockID)"])
    let orders = try await orders(in: cursor.blockID)
    let number = cursor.number
    let needs: [Need] =
      Self.needs(orders) + [
        .row(FollowedBlock.self, FollowedBlock.key(number)), .row(FollowedBlock.self, FollowedBlock.key(number - 1)),
        .rows(StrayTransaction.self, where: "block_id", is: cursor.blockID.hex),
      ]
    return try await bus.transaction(needs: needs) { unit in
      guard var current = try unit.find(BlockCursor.self, BlockCursor.key), current.number == number,
        current.blockID == cursor.blockID, number > current.solidNumber
      else { return nil }
      guard let lost = try unit.find(FollowedBlock.self, FollowedBlock.key(number)) else {
        throw InvariantViolation("block \(number) is the cursor's and is not among the followed blocks")
      }
      try Self.change(orders, unit, world, bus) { delegation, _ in
        for transaction in delegation.transactions where transaction.blockID == lost.blockID {
          try delegation.reverted(transaction.id)
        }
      }
      // Of another block they are found again.
      for stray in try unit.all(StrayTransaction.self) { try unit.delete(StrayTransaction.self, stray.rowKey) }
      let previous = try unit.find(FollowedBlock.self, FollowedBlock.key(number - 1))
      try unit.delete(FollowedBlock.self, FollowedBlock.key(number))
      current.number = number - 1
      current.blockID = lost.parentID
      current.timeMs = previous?.timeMs ?? current.solidTimeMs
      current.advancedAt = unit.now
      try unit.save(current)
      return current
    }
  }

  // MARK: -

  static func needs(_ orders: [OrderID]) -> [Need] {
    // The ratio and the kill switch matter only where an order is planned again.
    [.row(BlockCursor.self, BlockCursor.key)] + orders.flatMap { DelegationCase.needs($0) }
  }

  /// Applies facts to each order's case and draws the conclusions. An order whose own rows contradict them is left as
  /// it is, for a person to look at: the chain goes on for all others.
  /// - Returns: the orders that were not passed over.
  @discardableResult
  static func change(
    _ orders: [OrderID], _ unit: UnitOfWork, _ world: TxEnvironment, _ bus: Bus,
    _ apply: (inout DelegationCase, DelegationCase.Terms) throws -> Void
  ) throws -> Set<OrderID> {
    guard !orders.isEmpty else { return [] }
    var saved: Set<OrderID> = []
    let terms = try DelegationCase.terms(unit, world.limits)
    for order in orders {
      guard let before = try DelegationCase.load(order, from: unit) else { continue }
      var delegation = before
      do {
        try apply(&delegation, terms)
        try delegation.settle(terms)
        try delegation.check()
      } catch let error where error is InvariantViolation || error is AmountError {
        passedOver(order, error, bus)
        continue
      }
      try delegation.save(over: before, to: unit)
      saved.insert(order)
    }
    return saved
  }

  static func passedOver(_ order: OrderID, _ error: any Error, _ bus: Bus) {
    bus.metrics.counter("energy_tx_orders_passed_over_total").increment()
    bus.logger.critical(
      "an order's rows contradict what is to be done, and the order was passed over",
      metadata: ["order": "\(order)", "error": "\(error)"])
  }

  /// Transactions of ours and whose they are.
  struct Ours: Sendable {
    let ids: [TransactionID]
    /// Each once, sorted.
    let orders: [OrderID]

    init(_ rows: [(id: TransactionID, order: OrderID)]) {
      ids = rows.map(\.id)
      orders = Set(rows.map(\.order)).sorted { $0.text < $1.text }
    }
  }

  private func ours(among ids: [TransactionID]) async throws -> Ours {
    guard !ids.isEmpty else { return Ours([]) }
    return try await bus.lookUp { try Self.match(ids, $0) }
  }

  /// - Parameter session: of a look-up: nobody reads the whole table for a block's few hundred.
  static func match(_ ids: [TransactionID], _ session: PostgresSession) throws -> Ours {
    Ours(
      try session.execute("select id, order_id from transactions where id = any($1)", [.textArray(ids.map(\.hex))])
        .rows.map { (try TransactionID(hex: $0.string("id")), OrderID(text: try $0.string("order_id"))) })
  }

  private func orders(in block: BlockID) async throws -> [OrderID] {
    try await bus.lookUp { session in
      try session.execute(
        """
        select distinct order_id from transactions
        where state = 'in_block' and block_number = $1 and block_id = $2 order by order_id
        """, [.int(block.number), .text(block.hex)]
      ).rows.map { OrderID(text: try $0.string("order_id")) }
    }
  }

  /// A transaction that every node had refused stands in a block all the same (I10 broken by a node's word). It is
  /// told on the bus once the block is solid.
  private func report(_ strays: [StrayTransaction]) {
    for stray in strays {
      bus.metrics.counter("energy_tx_dead_on_chain_total").increment()
      bus.logger.critical(
        "a transaction that was settled as dead is on chain: have it taken back once its order has ended",
        metadata: [
          "tx": "\(stray.id)", "order": "\(stray.orderID)", "block": "\(stray.blockNumber)",
          "stake": "\(stray.stake)", "supplier": "\(stray.supplier)",
        ])
    }
  }
}

extension ChainBlock {
  /// What the block says of these transactions.
  func results(of ids: [TransactionID]) -> [TransactionID: String] {
    let wanted = Set(ids)
    let found = transactions.filter { wanted.contains($0.id) }
    return Dictionary(found.map { ($0.id, $0.contractRet) }) { first, _ in first }
  }
}
