import Synchronization
import TronKit

/// The network's energy per staked TRX, read from the chain at most once a block, however many orders ask.
final class NetworkRatio: Sendable {
  /// A block of mainnet: within it the ratio does not change.
  private static let ageMax: Duration = .seconds(3)

  private struct Reading {
    let ratio: StakeRatio?
    let at: ContinuousClock.Instant
  }

  private let latest = Mutex<Reading?>(nil)

  /// nil when the node did not say. The totals stand in the answer about any address.
  func read(_ nodes: TronNodePool, asking address: TronAddress) async throws -> StakeRatio? {
    if let known = latest.withLock({ $0 }), ContinuousClock.now - known.at < Self.ageMax { return known.ratio }
    let reading = Reading(ratio: try await nodes.read { try await $0.resources(address) }.stakeRatio, at: .now)
    latest.withLock { $0 = reading }
    return reading.ratio
  }
}
