import BusKit
import Contracts
import Logging
import TronKit

/// What reading an address needs beside the APIs.
struct ChainTools: Sendable {
  let store: any ChainStore
  let logger: Logger
  let metrics: MetricsRegistry
  let cacheLimit: Duration

  /// A cache that fails or hangs makes an answer slower by `cacheLimit` at most, never impossible. nil: it failed.
  @discardableResult
  func attempt<T: Sendable>(
    _ what: String, _ body: @escaping @Sendable (any ChainStore) async throws -> T
  ) async -> T? {
    do {
      return try await Promptly.value(within: cacheLimit) { [store] in try await body(store) }
    } catch {
      metrics.counter("energy_wallet_chain_cache_failures_total", labels: [("step", what)]).increment()
      logger.warning("a cache of chain balances failed", metadata: ["step": "\(what)", "error": "\(error)"])
      return nil
    }
  }
}
