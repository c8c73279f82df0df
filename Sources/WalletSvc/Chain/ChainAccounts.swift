import BusKit
import Contracts
import Foundation
import Logging
import Synchronization
import TronKit

/// Chain balances through three caches: memory for seconds, Redis for a minute (one replica reads, the others wait
/// for what it finds), and the last value known in Postgres for when no API answers.
final class ChainAccounts: Sendable {
  let policy: ChainCachePolicy
  let reader: ChainReader
  let comparer: ChainComparer
  private let memory = Mutex(ChainMemory())
  private let clock = ContinuousClock()
  /// How many values are on their way into Postgres.
  private let keeping = Mutex(0)
  private static let keepingMax = 64

  /// - Parameter sources: in the order in which they are asked; each is the other's fallback.
  init(
    sources: [any ChainSource], policy: ChainCachePolicy = ChainCachePolicy(), supply: ChainSupply = ChainSupply()
  ) {
    self.policy = policy
    reader = ChainReader(sources: sources, policy: policy, supply: supply)
    comparer = ChainComparer(reader: reader, policy: policy)
  }

  /// Answers from memory without waiting for anything, else in about a second. Throws `QueryFailure` with code
  /// `chain_unavailable` when nothing is known.
  func account(
    _ address: TronAddress, store: any ChainStore, logger: Logger, metrics: MetricsRegistry
  ) async throws -> ChainAccountView {
    try await account(address, tools(store: store, logger: logger, metrics: metrics))
  }

  func tools(store: any ChainStore, logger: Logger, metrics: MetricsRegistry) -> ChainTools {
    ChainTools(store: store, logger: logger, metrics: metrics, cacheLimit: policy.cacheLimit)
  }

  private func account(_ address: TronAddress, _ tools: ChainTools) async throws -> ChainAccountView {
    let start = clock.now
    let step = memory.withLock { memory in
      memory.step(address, at: start, policy) {
        // Not a child of the first caller: the others wait for it too. It ends by itself within the limits.
        Task { try await self.refresh(address, tools) }
      }
    }
    switch step {
    case .serve(let view):
      tools.metrics.histogram(Self.memorySeconds, buckets: Self.memoryBuckets)
        .observe((clock.now - start) / .seconds(1))
      return view
    case .fail(let failure): throw failure
    case .wait(let read): return try await read.value
    }
  }

  /// How long an answer from memory took, once the question was understood.
  static let memorySeconds = "energy_wallet_chain_memory_seconds"
  private static let memoryBuckets = [0.000_001, 0.000_005, 0.000_05, 0.001]

  private func keep(_ view: ChainAccountView) {
    memory.withLock { $0.keep(view, at: clock.now, policy) }
  }

  // MARK: - Reading

  private func refresh(_ address: TronAddress, _ tools: ChainTools) async throws -> ChainAccountView {
    defer { memory.withLock { $0.finish(address) } }
    do {
      let view = try await find(address, tools)
      keep(view)
      return view
    } catch let failure as QueryFailure {
      memory.withLock { $0.keep(failure, of: address, at: clock.now, policy) }
      throw failure
    }
  }

  private func find(_ address: TronAddress, _ tools: ChainTools) async throws -> ChainAccountView {
    let token = UUID.v7().text
    let claim = await tools.attempt("claim a read") { [policy] in
      try await $0.claim(address, token: token, for: policy.lockLifetime)
    }
    switch claim {
    case .found(let shared): return try await believe(shared, address, tools)
    case .taken:
      let followed = try await follow(address, tools)
      if case .found(let shared) = followed { return try await believe(shared, address, tools) }
      let last = await known(address, tools)
      // The one that was reading has died, and its lock still stands: time is up for more than the last value.
      if case .late = followed, let last { return stale(last, tools) }
      return try await read(address, last, isDisputed: false, token: token, tools)
    case .mine(let isDisputed):
      return try await read(address, await known(address, tools), isDisputed: isDisputed, token: token, tools)
    // Without Redis each replica reads for itself.
    case nil: return try await read(address, await known(address, tools), isDisputed: false, token: nil, tools)
    }
  }

  private func believe(
    _ shared: SharedChain, _ address: TronAddress, _ tools: ChainTools
  ) async throws -> ChainAccountView {
    switch shared {
    case .view(let view): return view
    case .unanswered:
      guard let view = await known(address, tools) else { throw Self.unavailable(address) }
      return stale(view, tools)
    }
  }

  /// Asks the APIs and tells the other replicas.
  /// - Parameter token: nil without Redis.
  private func read(
    _ address: TronAddress, _ last: ChainAccountView?, isDisputed: Bool, token: String?, _ tools: ChainTools
  ) async throws -> ChainAccountView {
    do {
      let answer = try await reader.read(address, last: last, isDisputed: isDisputed, tools)
      let view = answer.reading.view(asOf: Date())
      if let token {
        await tools.attempt("share a value") { [policy] in
          try await $0.share(address, .view(view), for: policy.sharedLifetime(of: view), token: token)
        }
      }
      if view.isWorthKeeping(after: last) { keepLater(view, tools) }
      comparer.consider(answer, last: last, isDisputed: isDisputed)
      return view
    } catch {
      tools.logger.warning("no API of the chain answers", metadata: ["address": "\(address)", "reason": "\(error)"])
    }
    if let token {
      await tools.attempt("share that none answered") { [policy] in
        try await $0.share(address, .unanswered, for: policy.unanswered, token: token)
      }
    }
    guard let last else { throw Self.unavailable(address) }
    return stale(last, tools)
  }

  /// Nobody waits for it. When many already wait for Postgres, this one is left out: it is read again some day.
  private func keepLater(_ view: ChainAccountView, _ tools: ChainTools) {
    let hasRoom = keeping.withLock { count in
      guard count < Self.keepingMax else { return false }
      count += 1
      return true
    }
    guard hasRoom else { return }
    Task {
      await tools.attempt("keep a value") { try await $0.keep(view) }
      keeping.withLock { $0 -= 1 }
    }
  }

  private enum Followed {
    case found(SharedChain)
    case late
    /// Redis has gone meanwhile: nothing will come.
    case lost
  }

  /// Waits for what another replica finds.
  private func follow(_ address: TronAddress, _ tools: ChainTools) async throws -> Followed {
    let end = clock.now + policy.followLimit
    while clock.now < end {
      try await Task.sleep(for: .milliseconds(40))
      let shared = await tools.attempt("read the shared cache", { try await $0.shared([address]) })
      guard let shared else { return .lost }
      if let found = shared[address] { return .found(found) }
    }
    return .late
  }

  /// Of Postgres, or when that does not answer, what this process knew.
  private func known(_ address: TronAddress, _ tools: ChainTools) async -> ChainAccountView? {
    let found = await tools.attempt("read the last value") { try await $0.last([address]) }
    return found?[address] ?? memory.withLock { $0.last(address) }
  }

  private func stale(_ view: ChainAccountView, _ tools: ChainTools) -> ChainAccountView {
    tools.metrics.counter("energy_wallet_chain_stale_total").increment()
    return view.stale
  }

  static func unavailable(_ address: TronAddress) -> QueryFailure {
    QueryFailure(
      code: "chain_unavailable", message: "no API of the chain answers, and nothing is known of \(address)")
  }
}
