import BusKit
import Contracts
import Foundation
import TronKit

/// Takes down what a solid block's transfers mean for watched addresses, in the transaction that says so.
struct DepositFindings: Sendable {
  /// For metrics, after the commit.
  struct Count: Sendable, Equatable {
    var deposits = 0
    var own = 0
    var held = 0
    var zero = 0
    var dust = 0
    var repeated = 0
    /// What only looks like money.
    var decoys: [BlockMoves.Decoy.Kind: Int] = [:]
    /// Transactions that took something from addresses of ours.
    var told = 0

    var taken: Int { deposits + own + held }
    /// Everything that was not known before.
    var news: Int { taken + told }

    func report(_ metrics: MetricsRegistry) {
      let kinds = [
        ("deposit", deposits), ("own", own), ("held", held), ("zero", zero), ("dust", dust), ("repeated", repeated),
      ] + decoys.map { ($0.key.rawValue, $0.value) }
      for (kind, count) in kinds where count > 0 {
        metrics.counter("energy_tx_deposits_total", labels: [("kind", kind)]).increment(by: count)
      }
      if told > 0 { metrics.counter("energy_tx_own_transactions_total").increment(by: told) }
    }
  }

  let world: TxEnvironment
  let bus: Bus
  let moves: BlockMoves
  let block: (id: BlockID, timeMs: Int64)
  let number: Int64

  init(world: TxEnvironment, bus: Bus, moves: BlockMoves, block: FollowedBlock, number: Int64) {
    self.world = world
    self.bus = bus
    self.moves = moves
    self.block = (block.blockID, block.timeMs)
    self.number = number
  }

  init(world: TxEnvironment, bus: Bus, moves: BlockMoves, block: ChainBlock) {
    self.world = world
    self.bus = bus
    self.moves = moves
    self.block = (block.id, block.timestamp)
    number = block.number
  }

  private var own: OwnFindings {
    OwnFindings(
      token: world.deposits.token, moves: moves, number: number, blockID: block.id, timeMs: block.timeMs)
  }

  /// The watched among all who pay and are paid, and what was taken down before. Nothing else is read.
  var needs: [Need] {
    moves.addresses.map { .row(WatchedAddress.self, $0.base58) } + moves.transfers.map { .row(Deposit.self, $0.id) }
      + own.needs
  }

  func ours() async throws -> OursInBlock { try await OursInBlock.read(moves, bus) }

  /// - Parameter isScan: whether this is the scan, which comes by each block once, in the transaction that moves its
  ///   cursor. So it alone counts what leaves no row: dust, and what is no money.
  func record(_ ours: OursInBlock, _ unit: UnitOfWork, isScan: Bool) throws -> Count {
    var count = Count()
    if isScan { count.decoys = ours.decoys }
    for transfer in moves.transfers {
      let isFromWatched = try unit.find(WatchedAddress.self, transfer.from.base58) != nil
      guard var watched = try unit.find(WatchedAddress.self, transfer.to.base58) else {
        // A token lets anybody log a transfer of nothing in our name.
        if isScan, isFromWatched, transfer.isZero { count.zero += 1 }
        continue
      }
      let isOwn = isFromWatched || ours.suppliers.contains(transfer.from)
      let verdict = world.deposits.verdict(transfer, isFromUs: isOwn)
      let kind: Deposit.Kind
      switch verdict {
      case .zero:
        if isScan { count.zero += 1 }
        continue
      case .dust:
        guard isScan, let amount = transfer.amount else { continue }
        count.dust += 1
        watched.addDust(amount, isToken: transfer.kind == .token)
        try unit.save(watched)
        continue
      case .deposit: kind = .deposit
      case .own: kind = .own
      case .held: kind = .held
      }
      guard try unit.find(Deposit.self, transfer.id) == nil else {
        count.repeated += 1
        continue
      }
      try unit.save(deposit(transfer, kind, now: unit.now))
      switch verdict {
      case .own, .zero, .dust: count.own += 1
      case .deposit:
        count.deposits += 1
        try tell(transfer, &watched, unit)
      case .held(let reason):
        count.held += 1
        try hold(transfer, reason, &watched, unit)
      }
    }
    count.told = try own.record(ours, unit)
    return count
  }

  private func deposit(_ transfer: TransferSeen, _ kind: Deposit.Kind, now: Date) -> Deposit {
    Deposit(
      id: transfer.id, address: transfer.to, sender: transfer.from, token: token(of: transfer), amount: transfer.amount,
      txID: transfer.txID, logIndex: transfer.kind == .token ? transfer.place : nil, kind: kind, blockNumber: number,
      blockID: block.id, timeMs: block.timeMs, foundAt: now)
  }

  private func token(of transfer: TransferSeen) -> TronAddress? {
    transfer.kind == .token ? world.deposits.token : nil
  }

  private func tell(_ transfer: TransferSeen, _ watched: inout WatchedAddress, _ unit: UnitOfWork) throws {
    guard let amount = transfer.amount else { throw InvariantViolation("deposit \(transfer.id) has no amount") }
    watched.seq += 1
    try unit.save(watched)
    try unit.publish(
      DepositFound(
        address: transfer.to, from: transfer.from, token: token(of: transfer), amount: amount, txID: transfer.txID,
        logIndex: transfer.kind == .token ? transfer.place : nil, blockNumber: number,
        blockTime: Date(chainMilliseconds: block.timeMs), seq: watched.seq))
  }

  private func hold(
    _ transfer: TransferSeen, _ reason: DepositHeld.Reason, _ watched: inout WatchedAddress, _ unit: UnitOfWork
  ) throws {
    watched.seq += 1
    try unit.save(watched)
    try unit.publish(
      DepositHeld(
        address: transfer.to, from: transfer.from, token: token(of: transfer), amount: transfer.amount, reason: reason,
        txID: transfer.txID, place: transfer.place, blockNumber: number,
        blockTime: Date(chainMilliseconds: block.timeMs), seq: watched.seq))
  }
}
