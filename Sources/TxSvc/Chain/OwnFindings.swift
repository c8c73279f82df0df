import BusKit
import Contracts
import Foundation
import TronKit

/// Tells what a solid block's transactions have taken from addresses of ours, in the transaction that takes it down.
struct OwnFindings: Sendable {
  let token: TronAddress
  let moves: BlockMoves
  let number: Int64
  let blockID: BlockID
  let timeMs: Int64

  /// Beside the watched among the block's addresses.
  var needs: [Need] { moves.acts.map { .row(OwnTransaction.self, $0.id.hex) } }

  /// - Returns: how many were told.
  func record(_ ours: OursInBlock, _ unit: UnitOfWork) throws -> Int {
    let moved = Dictionary(grouping: moves.transfers, by: \.txID)
    var count = 0
    for act in moves.acts where !ours.signedHere.contains(act.id) {
      let isPayerWatched = try isWatched(act.payer, unit)
      let transfers = try ((act.sent.map { [$0] } ?? []) + (moved[act.id] ?? [])).compactMap {
        try transfer($0, ours, unit)
      }
      guard isPayerWatched || !transfers.isEmpty else { continue }
      guard try unit.find(OwnTransaction.self, act.id.hex) == nil else { continue }
      let isPayerOurs = isPayerWatched || act.payer.map(ours.suppliers.contains) ?? false
      try unit.save(
        OwnTransaction(
          id: act.id, payer: isPayerOurs ? act.payer : nil, fee: isPayerOurs ? act.fee : .zero,
          transfers: transfers.count, succeeded: act.succeeded, blockNumber: number, blockID: blockID, timeMs: timeMs,
          foundAt: unit.now))
      try tell(act, payer: isPayerOurs ? act.payer : nil, isPayerWatched: isPayerWatched, transfers, unit)
      count += 1
    }
    return count
  }

  private func isWatched(_ address: TronAddress?, _ unit: UnitOfWork) throws -> Bool {
    guard let address else { return false }
    return try unit.find(WatchedAddress.self, address.base58) != nil
  }

  /// nil where nothing of ours is taken: what a stranger pays is a matter of deposits.
  private func transfer(
    _ seen: TransferSeen, _ ours: OursInBlock, _ unit: UnitOfWork
  ) throws -> OwnTransactionFound.Transfer? {
    guard !seen.isZero else { return nil }
    let isFromSupplier = ours.suppliers.contains(seen.from)
    let (isFromWatched, isToWatched) = (try isWatched(seen.from, unit), try isWatched(seen.to, unit))
    guard isFromWatched || (isFromSupplier && isToWatched) else { return nil }
    let kind: OwnTransactionFound.Transfer.Kind =
      switch seen.kind {
      case .coin: .coin
      case .byContract: .byContract
      case .token: .token
      }
    return OwnTransactionFound.Transfer(
      kind: kind, from: seen.from, to: seen.to, token: seen.kind == .token ? token : nil, amount: seen.amount,
      place: seen.place, isFromWatched: isFromWatched, isToWatched: isToWatched, isFromSupplier: isFromSupplier,
      isToSupplier: ours.suppliers.contains(seen.to))
  }

  /// In as many events as it takes; the first alone has the fee.
  private func tell(
    _ act: BlockMoves.Act, payer: TronAddress?, isPayerWatched: Bool, _ transfers: [OwnTransactionFound.Transfer],
    _ unit: UnitOfWork
  ) throws {
    let size = OwnTransactionFound.transfersMax
    let parts = max(1, (transfers.count + size - 1) / size)
    for part in 0..<parts {
      try unit.publish(
        OwnTransactionFound(
          txID: act.id, payer: payer, isPayerWatched: isPayerWatched,
          fee: part == 0 && payer != nil ? act.fee : .zero,
          transfers: Array(transfers.dropFirst(part * size).prefix(size)), succeeded: act.succeeded,
          blockNumber: number, blockTime: Date(chainMilliseconds: timeMs), part: part + 1, parts: parts))
    }
  }
}
