import Contracts
import TronKit

/// The process' own cache, and who is reading what. A value: `ChainAccounts` keeps it under a lock.
struct ChainMemory: Sendable {
  private struct Entry {
    let view: ChainAccountView
    let at: ContinuousClock.Instant
  }
  private var entries: [TronAddress: Entry] = [:]
  private(set) var reads: [TronAddress: Task<ChainAccountView, any Error>] = [:]

  var count: Int { entries.count }

  func view(_ address: TronAddress, at now: ContinuousClock.Instant, _ policy: ChainCachePolicy) -> ChainAccountView? {
    guard let entry = entries[address], policy.decide(age: now - entry.at, entry.view) == .serve else { return nil }
    return entry.view
  }

  mutating func keep(_ view: ChainAccountView, at now: ContinuousClock.Instant, _ policy: ChainCachePolicy) {
    if entries.count >= policy.memoryCountMax, entries[view.address] == nil {
      entries = entries.filter { policy.decide(age: now - $0.value.at, $0.value.view) == .serve }
      if entries.count >= policy.memoryCountMax { entries.removeAll() }
    }
    entries[view.address] = Entry(view: view, at: now)
  }

  mutating func begin(_ address: TronAddress, _ read: Task<ChainAccountView, any Error>) { reads[address] = read }
  mutating func finish(_ address: TronAddress) { reads[address] = nil }
}
