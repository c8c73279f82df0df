import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// Addresses that tx-svc had confirmed as watched and no longer watches: its database was restored, or changed. What
/// arrives on them is told by nobody. They are asked for again, and tx-svc reads the blocks in between when an operator
/// says so (`RescanBlocks`).
enum LostWatches {
  /// In one transaction.
  private static let batch = 500

  /// - Parameters:
  ///   - addresses: which tx-svc did not watch.
  ///   - asked: before it said so, by the clock of the database: what was confirmed later is not meant.
  static func ask(again addresses: [TronAddress], asked: Date, _ bus: Bus) async throws {
    for first in stride(from: 0, to: addresses.count, by: batch) {
      let some = Array(addresses[first..<min(first + batch, addresses.count)])
      let lost = try await bus.transaction(needs: some.map { .row(DepositAddressRow.self, $0.base58) }) { unit in
        var lost: [(address: TronAddress, fromBlock: Int64)] = []
        for address in some {
          guard var row = try unit.find(DepositAddressRow.self, address.base58), row.state == .watched,
            let confirmed = row.watchedAt, confirmed < asked
          else { continue }
          row.state = .registered
          row.askedAt = nil
          row.restock()
          try unit.save(row)
          lost.append((address, row.fromBlock ?? 0))
        }
        return lost
      }
      guard !lost.isEmpty else { continue }
      bus.metrics.counter("energy_wallet_addresses_unwatched_total", labels: []).increment(by: lost.count)
      bus.logger.critical(
        "tx-svc no longer watches addresses of ours: it is asked again; have the blocks since then read again",
        metadata: [
          "addresses": "\(lost.prefix(10).map(\.address.base58).joined(separator: " "))", "count": "\(lost.count)",
          "watchedFrom": "\(lost.map(\.fromBlock).min() ?? 0)",
        ])
    }
  }
}
