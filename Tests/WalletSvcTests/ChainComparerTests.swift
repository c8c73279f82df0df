import BusKit
import Contracts
import Foundation
import Logging
import Testing
import TronKit

@testable import WalletSvc

@Suite("Answers of the two APIs, compared")
struct ChainComparerTests {
  let address = USDT.mainnet
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func pair(_ first: Int64, _ second: Int64) -> (ChainReading, ChainReading) {
    (reading(address, trx: first), reading(address, trx: second))
  }

  @Test("differ in what lasts, not in what recovers with every block")
  func fields() {
    let one = reading(address, energy: 5, bandwidth: 6)
    #expect(ChainComparison.differences(one, reading(address, energy: 7, bandwidth: 8)).isEmpty)
    let other = ChainReading(
      address: address, trx: Sun(1), usdt: 2, energy: .zero, bandwidth: 0, isActivated: false, isContract: true)
    #expect(ChainComparison.differences(one, other) == ["activated", "contract", "trx", "usdt"])
  }

  @Test("are in dispute only when both stay with what they said")
  func verdicts() {
    #expect(ChainComparison.verdict(before: pair(1, 2), after: pair(2, 2)) == .agree)
    #expect(ChainComparison.verdict(before: pair(1, 2), after: pair(2, 3)) == .late)
    #expect(ChainComparison.verdict(before: pair(1, 2), after: pair(1, 2)) == .dispute)
  }

  private func policy() -> ChainCachePolicy {
    var policy = ChainCachePolicy()
    policy.memory = .zero
    policy.compareEvery = 1
    policy.compareAgainAfter = .milliseconds(1)
    return policy
  }

  private func outcome(_ name: String, _ metrics: MetricsRegistry) -> Bool {
    metrics.render().contains("energy_wallet_chain_comparisons_total{outcome=\"\(name)\"} 1")
  }

  @Test("that stay different leave the first API alone to be believed, until they agree")
  func dispute() async throws {
    let first = FakeChainSource(.answer(reading(address, trx: 1)), name: "first")
    let second = FakeChainSource(.answer(reading(address, trx: 2)), name: "second")
    let accounts = ChainAccounts(sources: [first, second], policy: policy())
    let store = FakeChainStore()
    let metrics = MetricsRegistry()
    let tools = accounts.tools(store: store, logger: logger, metrics: metrics)
    func read() async throws -> ChainAccountView {
      store.forgetShared()
      return try await accounts.account(address, store: store, logger: logger, metrics: metrics)
    }
    #expect(try await read().trx == Sun(1))
    try await accounts.comparer.compareWaiting(tools)
    #expect(store.disputes == [address] && outcome("dispute", metrics))

    // The second is not believed, not even when it is the only one to answer: nothing jumps.
    first.become(.failure)
    let stale = try await read()
    #expect(stale.trx == Sun(1) && stale.isStale)

    first.become(.answer(reading(address, trx: 3)))
    second.become(.answer(reading(address, trx: 3)))
    #expect(try await read().trx == Sun(3))
    try await accounts.comparer.compareWaiting(tools)
    #expect(store.disputes.isEmpty && outcome("agree", metrics))
    first.become(.failure)
    #expect(try await !read().isStale)
  }

  @Test("on whether an address is activated: the one that has seen it is right, and no dispute is needed")
  func activation() async throws {
    let first = FakeChainSource(.answer(reading(address, trx: 0, bandwidth: 0, isActivated: false)))
    let second = FakeChainSource(.answer(reading(address, trx: 2)))
    let accounts = ChainAccounts(sources: [first, second], policy: policy())
    let store = FakeChainStore()
    let metrics = MetricsRegistry()
    #expect(
      try await !accounts.account(address, store: store, logger: logger, metrics: metrics).isActivated)
    try await accounts.comparer.compareWaiting(accounts.tools(store: store, logger: logger, metrics: metrics))
    #expect(store.disputes.isEmpty && store.lastKept(address)?.isActivated == true)
    store.forgetShared()
    #expect(try await accounts.account(address, store: store, logger: logger, metrics: metrics).trx == Sun(2))
  }

  @Test("are a sample: what the fallback said and is news is always among them")
  func sample() async throws {
    var policy = policy()
    policy.compareEvery = 1_000
    let known = reading(address, trx: 1).view(asOf: Date(timeIntervalSince1970: 1_790_000_000))
    let second = FakeChainSource(.answer(reading(address, trx: 2)))
    let accounts = ChainAccounts(sources: [FakeChainSource(.failure), second], policy: policy)
    let metrics = MetricsRegistry()
    let store = FakeChainStore(last: known)
    let tools = accounts.tools(store: store, logger: logger, metrics: metrics)
    #expect(try await accounts.account(address, store: store, logger: logger, metrics: metrics).trx == Sun(2))
    try await accounts.comparer.compareWaiting(tools)
    // The first one fails, so that there is nothing to compare with.
    #expect(outcome("unanswered", metrics) && second.calls == 2)
    store.forgetShared()
    _ = try await accounts.account(address, store: store, logger: logger, metrics: metrics)
    try await accounts.comparer.compareWaiting(tools)
    #expect(second.calls == 3)
  }
}
