import BusKit
import Synchronization
import TronKit

/// The network's energy per staked TRX, read from the chain at most once a block, however many orders ask: while a
/// reading is on its way all wait for it.
struct NetworkRatio: Sendable {
  /// A block of mainnet: within it the ratio does not change.
  private static let ageMax: Duration = .seconds(3)

  private struct Wish: Sendable {
    let nodes: TronNodePool
    let address: TronAddress
  }

  private struct Reading {
    let ratio: StakeRatio?
    let at: ContinuousClock.Instant
  }

  private final class Latest: Sendable {
    private let reading = Mutex<Reading?>(nil)

    var fresh: Reading? {
      reading.withLock { $0 }.flatMap { ContinuousClock.now - $0.at < NetworkRatio.ageMax ? $0 : nil }
    }

    func read(_ wish: Wish) async throws -> StakeRatio? {
      // Somebody else may have read it while this one waited for its turn.
      if let fresh { return fresh.ratio }
      let ratio = try await wish.nodes.read { try await $0.resources(wish.address) }.stakeRatio
      let reading = Reading(ratio: ratio, at: .now)
      self.reading.withLock { $0 = reading }
      return reading.ratio
    }
  }

  private let latest: Latest
  private let gathering: Gathering<Wish, Result<StakeRatio?, any Error>>

  init() {
    let latest = Latest()
    self.latest = latest
    gathering = Gathering(leadersMax: 1, itemsMax: 4096) { wishes in
      do {
        let ratio = try await latest.read(wishes[0])
        return { _ in .success(ratio) }
      } catch {
        return { _ in .failure(error) }
      }
    }
  }

  /// nil when the node did not say. The totals stand in the answer about any address.
  func read(_ nodes: TronNodePool, asking address: TronAddress) async throws -> StakeRatio? {
    while true {
      if let fresh = latest.fresh { return fresh.ratio }
      switch await gathering.answer(Wish(nodes: nodes, address: address)) {
      case .success(let ratio): return ratio
      case .failure(let error):
        guard error is CancellationError else { throw error }
        // Whoever asked for all has gone, which says nothing about the nodes.
        try Task.checkCancellation()
      }
    }
  }
}
