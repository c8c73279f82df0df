import BusKit
import Contracts
import Foundation
import Logging
import Synchronization
import TronKit

/// Chain balances through three caches: memory for seconds, Redis for a minute (one replica reads, the others wait
/// for what it finds), and the last value known in Postgres for when no API answers.
final class ChainAccounts: Sendable {
  private let sources: [any ChainSource]
  private let policy: ChainCachePolicy
  private let memory = Mutex(ChainMemory())
  private let clock = ContinuousClock()

  /// - Parameter sources: in the order in which they are asked; each is the other's fallback.
  init(sources: [any ChainSource], policy: ChainCachePolicy = ChainCachePolicy()) {
    self.sources = sources
    self.policy = policy
  }

  /// Answers in less than a second. Throws `QueryFailure` with code `chain_unavailable` when nothing is known.
  func account(
    _ address: TronAddress, store: any ChainStore, logger: Logger, metrics: MetricsRegistry
  ) async throws -> ChainAccountView {
    let read: Task<ChainAccountView, any Error>? = memory.withLock { memory in
      if memory.view(address, at: clock.now, policy) != nil { return nil }
      if let read = memory.reads[address] { return read }
      // Not a child of the first caller: the others wait for it too. It ends by itself within the limits.
      let read = Task { try await self.refresh(address, ChainTools(store: store, logger: logger, metrics: metrics)) }
      memory.begin(address, read)
      return read
    }
    if let read { return try await read.value }
    if let view = memory.withLock({ $0.view(address, at: clock.now, policy) }) { return view }
    return try await account(address, store: store, logger: logger, metrics: metrics)
  }

  private func refresh(_ address: TronAddress, _ tools: ChainTools) async throws -> ChainAccountView {
    defer { memory.withLock { $0.finish(address) } }
    let view = try await find(address, tools)
    memory.withLock { $0.keep(view, at: clock.now, policy) }
    return view
  }

  private func find(_ address: TronAddress, _ tools: ChainTools) async throws -> ChainAccountView {
    if let view = await tools.attempt("read the shared cache", { try await $0.shared(address) }) ?? nil { return view }
    let token = UUID.v7().text
    // Without Redis each replica reads for itself.
    let isReader = await tools.attempt(
      "lock the shared cache", { try await $0.lock(address, token: token, for: .milliseconds(1500)) }) ?? true
    let found =
      if isReader { await read(address, token: token, tools) } else { try await follow(address, tools) }
    if let found { return found }
    if let last = await tools.attempt("read the last value", { try await $0.last(address) }) ?? nil {
      tools.metrics.counter("energy_wallet_chain_stale_total").increment()
      return last.stale
    }
    throw QueryFailure(
      code: "chain_unavailable", message: "no API of the chain answers, and nothing is known of \(address)")
  }

  /// Asks the APIs and tells the other replicas; nil when none gave an answer to believe.
  private func read(_ address: TronAddress, token: String, _ tools: ChainTools) async -> ChainAccountView? {
    var found: ChainAccountView?
    do {
      let attempts = sources.map { source in { @Sendable in try await tools.ask(source, address) } }
      let reading = try await HedgedRead.first(of: attempts, hedgeAfter: policy.hedgeAfter, limit: policy.readLimit)
      let view = reading.view(asOf: Date())
      await tools.attempt("share a value") { try await $0.share(view, for: self.policy.sharedLifetime(of: view)) }
      await tools.attempt("keep a value") { try await $0.keep(view) }
      found = view
    } catch {
      tools.logger.warning("no API of the chain answers", metadata: ["address": "\(address)", "reason": "\(error)"])
    }
    await tools.attempt("unlock the shared cache") { try await $0.unlock(address, token: token) }
    return found
  }

  /// Waits for what another replica finds; nil when that takes too long.
  private func follow(_ address: TronAddress, _ tools: ChainTools) async throws -> ChainAccountView? {
    let end = clock.now + policy.followLimit
    while clock.now < end {
      try await Task.sleep(for: .milliseconds(40))
      let view = await tools.attempt("read the shared cache", { try await $0.shared(address) }) ?? nil
      if let view { return view }
    }
    return nil
  }
}

/// What a read needs beside the sources.
private struct ChainTools: Sendable {
  let store: any ChainStore
  let logger: Logger
  let metrics: MetricsRegistry

  /// A cache that fails makes an answer slower, never impossible. nil: it failed.
  @discardableResult
  func attempt<T: Sendable>(
    _ what: String, _ body: @Sendable (any ChainStore) async throws -> T
  ) async -> T? {
    do {
      return try await body(store)
    } catch {
      logger.warning("a cache of chain balances failed", metadata: ["step": "\(what)", "error": "\(error)"])
      return nil
    }
  }

  func ask(_ source: any ChainSource, _ address: TronAddress) async throws -> ChainReading {
    func count(_ outcome: String) {
      metrics.counter("energy_wallet_chain_reads_total", labels: [("source", source.name), ("outcome", outcome)])
        .increment()
    }
    let reading: ChainReading
    do {
      reading = try await source.read(address)
    } catch {
      count("failed")
      throw ChainReadFailure(description: "\(source.name): \(error)")
    }
    if let absurdity = reading.absurdity(asked: address) {
      count("refused")
      throw ChainReadFailure(description: "\(source.name): its answer is refused, \(absurdity)")
    }
    count("answered")
    return reading
  }
}

private struct ChainReadFailure: Error, CustomStringConvertible {
  let description: String
}
