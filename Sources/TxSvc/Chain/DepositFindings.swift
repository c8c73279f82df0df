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

    var taken: Int { deposits + own + held }

    func report(_ metrics: MetricsRegistry) {
      let kinds = [
        ("deposit", deposits), ("own", own), ("held", held), ("zero", zero), ("dust", dust), ("repeated", repeated),
      ]
      for (kind, count) in kinds where count > 0 {
        metrics.counter("energy_tx_deposits_total", labels: [("kind", kind)]).increment(by: count)
      }
    }
  }

  let world: TxEnvironment
  let bus: Bus
  let transfers: [TransferSeen]
  let block: (id: BlockID, timeMs: Int64)
  let number: Int64

  init(world: TxEnvironment, bus: Bus, transfers: [TransferSeen], block: FollowedBlock, number: Int64) {
    self.world = world
    self.bus = bus
    self.transfers = transfers
    self.block = (block.blockID, block.timeMs)
    self.number = number
  }

  init(world: TxEnvironment, bus: Bus, transfers: [TransferSeen], block: ChainBlock) {
    self.world = world
    self.bus = bus
    self.transfers = transfers
    self.block = (block.id, block.timestamp)
    number = block.number
  }

  /// The watched among all who pay and are paid, and what was taken down before. Nothing else is read.
  var needs: [Need] {
    guard !transfers.isEmpty else { return [] }
    let addresses = Set(transfers.flatMap { [$0.from, $0.to] })
    return addresses.map { .row(WatchedAddress.self, $0.base58) } + transfers.map { .row(Deposit.self, $0.id) }
  }

  /// Addresses of ours that are not watched.
  func suppliers() async throws -> Set<TronAddress> {
    try await bus.read { session in
      let rows = try session.execute("select address from supplier_wallets").rows
      return Set(try rows.map { try TronAddress(parsing: $0.string("address")) })
    }
  }

  /// - Parameter own: addresses of ours that are not watched.
  func record(own: Set<TronAddress>, _ unit: UnitOfWork) throws -> Count {
    var count = Count()
    for transfer in transfers {
      guard var watched = try unit.find(WatchedAddress.self, transfer.to.base58) else { continue }
      let isOwn = try own.contains(transfer.from) || unit.find(WatchedAddress.self, transfer.from.base58) != nil
      let verdict = world.deposits.verdict(transfer, isFromUs: isOwn)
      let kind: Deposit.Kind
      switch verdict {
      case .zero:
        count.zero += 1
        continue
      case .dust:
        count.dust += 1
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
        txID: transfer.txID, blockNumber: number, blockTime: Date(chainMilliseconds: block.timeMs), seq: watched.seq))
  }
}
