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
      // Not a child: what was read is shared also when the one who asked has gone.
      let work = Task { [store, cacheLimit] in try await waiting(atMost: cacheLimit) { try await body(store) } }
      return try await work.value
    } catch {
      metrics.counter("energy_wallet_chain_cache_failures_total", labels: [("step", what)]).increment()
      logger.warning("a cache of chain balances failed", metadata: ["step": "\(what)", "error": "\(error)"])
      return nil
    }
  }
}
