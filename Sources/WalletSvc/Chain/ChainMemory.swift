import BusKit
import Contracts
import TronKit

/// The process' own cache, and who is reading what. A value: `ChainAccounts` keeps it under a lock.
struct ChainMemory: Sendable {
  private enum Known {
    case view(ChainAccountView)
    /// No API answered and nothing was known.
    case nothing(QueryFailure)
  }

  private struct Entry {
    let known: Known
    let at: ContinuousClock.Instant
  }

  /// What a caller does next.
  enum Step: Sendable {
    case serve(ChainAccountView)
    case fail(QueryFailure)
    case wait(Task<ChainAccountView, any Error>)
  }

  private var entries: [TronAddress: Entry] = [:]
  private var reads: [TronAddress: Task<ChainAccountView, any Error>] = [:]

  var count: Int { entries.count }

  /// What memory has, or the read that runs; else a read begins.
  mutating func step(
    _ address: TronAddress, at now: ContinuousClock.Instant, _ policy: ChainCachePolicy,
    begin: () -> Task<ChainAccountView, any Error>
  ) -> Step {
    if let known = fresh(address, at: now, policy) { return known }
    if let read = reads[address] { return .wait(read) }
    let read = begin()
    reads[address] = read
    return .wait(read)
  }

  /// What memory has and may be served; nil: it has to be read.
  func fresh(_ address: TronAddress, at now: ContinuousClock.Instant, _ policy: ChainCachePolicy) -> Step? {
    guard let entry = entries[address], Self.isFresh(entry, at: now, policy) else { return nil }
    switch entry.known {
    case .view(let view): return .serve(view)
    case .nothing(let failure): return .fail(failure)
    }
  }

  /// The last value, however old: when Postgres cannot be asked for it.
  func last(_ address: TronAddress) -> ChainAccountView? {
    if case .view(let view) = entries[address]?.known { view } else { nil }
  }

  mutating func keep(_ view: ChainAccountView, at now: ContinuousClock.Instant, _ policy: ChainCachePolicy) {
    keep(.view(view), of: view.address, at: now, policy)
  }

  mutating func keep(
    _ failure: QueryFailure, of address: TronAddress, at now: ContinuousClock.Instant, _ policy: ChainCachePolicy
  ) {
    keep(.nothing(failure), of: address, at: now, policy)
  }

  private mutating func keep(
    _ known: Known, of address: TronAddress, at now: ContinuousClock.Instant, _ policy: ChainCachePolicy
  ) {
    if entries.count >= policy.memoryCountMax, entries[address] == nil {
      entries = entries.filter { Self.isFresh($0.value, at: now, policy) }
      if entries.count >= policy.memoryCountMax { entries.removeAll() }
    }
    entries[address] = Entry(known: known, at: now)
  }

  mutating func finish(_ address: TronAddress) { reads[address] = nil }

  private static func isFresh(
    _ entry: Entry, at now: ContinuousClock.Instant, _ policy: ChainCachePolicy
  ) -> Bool {
    let age = now - entry.at
    return switch entry.known {
    case .view(let view): policy.decide(age: age, view) == .serve
    case .nothing: age < policy.unanswered
    }
  }
}
