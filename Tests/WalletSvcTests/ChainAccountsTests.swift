import BusKit
import Contracts
import Foundation
import Logging
import Synchronization
import TestKit
import Testing
import TronKit

@testable import WalletSvc

@Suite("Chain balances")
struct ChainAccountsTests {
  let address = USDT.mainnet
  let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  func read(_ accounts: ChainAccounts, _ store: FakeChainStore) async throws -> ChainAccountView {
    try await accounts.account(address, store: store, logger: logger, metrics: MetricsRegistry())
  }

  @Test("are read once, then come from memory")
  func memory() async throws {
    let source = FakeChainSource(.answer(reading(address)))
    let store = FakeChainStore()
    let accounts = ChainAccounts(sources: [source])
    let first = try await read(accounts, store)
    #expect(first.trx == Sun(5_000_000) && !first.isStale)
    #expect(try await read(accounts, store) == first)
    #expect(source.calls == 1)
    try await eventually { store.lastKept(address) == first }
  }

  @Test("are told before they are kept in Postgres, which may take its time")
  func keptLater() async throws {
    let store = SlowKeepingStore()
    let metrics = MetricsRegistry()
    var policy = ChainCachePolicy()
    policy.cacheLimit = .seconds(5)
    let accounts = ChainAccounts(sources: [FakeChainSource(.answer(reading(address)))], policy: policy)
    let view = try await accounts.account(address, store: store, logger: logger, metrics: metrics)
    #expect(store.inner.lastKept(address) == nil)
    store.release()
    try await eventually { store.inner.lastKept(address) == view }
    #expect(!metrics.render().contains("cache_failures"))
  }

  @Test("are kept when they say something else than what was kept, or that is old")
  func worthKeeping() {
    let time = Date(timeIntervalSince1970: 1_790_000_000)
    let last = reading(address, trx: 1).view(asOf: time)
    #expect(last.isWorthKeeping(after: nil))
    #expect(!reading(address, trx: 1).view(asOf: time.addingTimeInterval(600)).isWorthKeeping(after: last))
    #expect(reading(address, trx: 1).view(asOf: time.addingTimeInterval(601)).isWorthKeeping(after: last))
    #expect(reading(address, trx: 2).view(asOf: time.addingTimeInterval(1)).isWorthKeeping(after: last))
  }

  @Test("are read by one caller while the others wait for what it finds")
  func singleFlight() async throws {
    let source = FakeChainSource(.answer(reading(address)), delay: .milliseconds(50))
    let store = FakeChainStore()
    let accounts = ChainAccounts(sources: [source])
    try await withThrowingTaskGroup(of: ChainAccountView.self) { group in
      for _ in 0..<20 { group.addTask { try await read(accounts, store) } }
      try await group.waitForAll()
    }
    #expect(source.calls == 1)
  }

  @Test("are read by one replica while another waits for the shared value")
  func oneReplica() async throws {
    let source = FakeChainSource(.answer(reading(address)), delay: .milliseconds(100))
    let store = FakeChainStore()
    let replicas = [ChainAccounts(sources: [source]), ChainAccounts(sources: [source])]
    try await withThrowingTaskGroup(of: ChainAccountView.self) { group in
      for replica in replicas { group.addTask { try await read(replica, store) } }
      try await group.waitForAll()
    }
    #expect(source.calls == 1)
  }

  @Test("come from the second API when the first fails")
  func fallback() async throws {
    let second = FakeChainSource(.answer(reading(address)))
    let accounts = ChainAccounts(sources: [FakeChainSource(.failure), second])
    #expect(try await !read(accounts, FakeChainStore()).isStale)
    #expect(second.calls == 1)
  }

  @Test("come from the second API when the first is slow, without waiting for it")
  func hedge() async throws {
    let slow = FakeChainSource(.answer(reading(address, trx: 1)), delay: .seconds(30))
    var policy = ChainCachePolicy()
    policy.hedgeAfter = .milliseconds(20)
    let accounts = ChainAccounts(sources: [slow, FakeChainSource(.answer(reading(address, trx: 2)))], policy: policy)
    let clock = ContinuousClock()
    let start = clock.now
    #expect(try await read(accounts, FakeChainStore()).trx == Sun(2))
    #expect(clock.now - start < .seconds(5))
  }

  @Test("are the last value known, marked stale, when both APIs are down")
  func stale() async throws {
    let known = reading(address).view(asOf: Date(timeIntervalSince1970: 1_790_000_000))
    let store = FakeChainStore(last: known)
    let accounts = ChainAccounts(sources: [FakeChainSource(.failure), FakeChainSource(.failure)])
    #expect(try await read(accounts, store) == known.stale)
  }

  @Test("fail with a code when nothing is known")
  func unavailable() async throws {
    let accounts = ChainAccounts(sources: [FakeChainSource(.failure)])
    let thrown = await #expect(throws: QueryFailure.self) { try await read(accounts, FakeChainStore()) }
    #expect(thrown?.code == "chain_unavailable")
  }

  @Test("are found without Redis and Postgres too, whether they fail or hang", arguments: [false, true])
  func noCaches(hangs: Bool) async throws {
    var policy = ChainCachePolicy()
    policy.cacheLimit = .milliseconds(20)
    policy.memory = .zero
    let source = FakeChainSource(.answer(reading(address)))
    let accounts = ChainAccounts(sources: [source], policy: policy)
    let store = BrokenChainStore(hangs: hangs)
    let metrics = MetricsRegistry()
    let view = try await accounts.account(address, store: store, logger: logger, metrics: metrics)
    #expect(view.trx == Sun(5_000_000) && !view.isStale)
    // Then the APIs go too: what the process itself has read is still there.
    source.become(.failure)
    let last = try await accounts.account(address, store: store, logger: logger, metrics: metrics)
    #expect(last == view.stale)
  }

  @Test("an activation that is known is taken back only when every API takes it back")
  func denial() async throws {
    let known = reading(address).view(asOf: Date(timeIntervalSince1970: 1_790_000_000))
    let empty = reading(address, trx: 0, bandwidth: 0, isActivated: false)
    let denying = FakeChainSource(.answer(empty))
    let other = FakeChainSource(.answer(reading(address, trx: 7)))
    #expect(
      try await read(ChainAccounts(sources: [denying, other]), FakeChainStore(last: known)).trx == Sun(7))
    let alone = try await read(
      ChainAccounts(sources: [denying, FakeChainSource(.failure)]), FakeChainStore(last: known))
    #expect(alone == known.stale)
    let both = try await read(ChainAccounts(sources: [denying, denying]), FakeChainStore(last: known))
    #expect(!both.isActivated && !both.isStale)
    // Where the APIs differ only the first is asked, and the first is not all.
    let store = FakeChainStore(last: known)
    try await store.dispute(address, for: .seconds(60))
    #expect(try await read(ChainAccounts(sources: [denying, denying]), store) == known.stale)
  }

  @Test("an address that always takes too long silences the API for nobody")
  func slowAddress() async throws {
    var policy = ChainCachePolicy()
    policy.memory = .zero
    policy.hedgeAfter = .milliseconds(5)
    let slow = FakeChainSource(.answer(reading(address)), delay: .seconds(10))
    let accounts = ChainAccounts(
      sources: [slow, FakeChainSource(.answer(reading(address, trx: 7)))], policy: policy)
    for _ in 0..<6 { #expect(try await read(accounts, FakeChainStore()).trx == Sun(7)) }
    #expect(slow.calls == 6)
  }

  @Test("an address that always gets an odd answer silences the API for nobody, and one that fails is left alone")
  func oddAddress() async throws {
    var policy = ChainCachePolicy()
    policy.memory = .zero
    policy.unanswered = .zero
    let source = FakeChainSource(.answer(reading(address, trx: -1)))
    let accounts = ChainAccounts(sources: [source], policy: policy)
    func ask() async throws -> ChainAccountView { try await read(accounts, FakeChainStore()) }
    for _ in 0..<5 { await #expect(throws: QueryFailure.self) { try await ask() } }
    source.become(.answer(reading(address)))
    #expect(try await !ask().isStale && source.calls == 6)
    source.become(.failure)
    for _ in 0..<5 { #expect(try await ask().isStale) }
    #expect(source.calls == 6 + SourceHealth.failuresMax)
  }

  @Test("that nobody answers is remembered for a moment, by all replicas")
  func unanswered() async throws {
    let source = FakeChainSource(.failure)
    let store = FakeChainStore()
    let replicas = [ChainAccounts(sources: [source]), ChainAccounts(sources: [source])]
    for replica in replicas + replicas {
      let thrown = await #expect(throws: QueryFailure.self) { try await read(replica, store) }
      #expect(thrown?.code == "chain_unavailable")
    }
    #expect(source.calls == 1)
  }

  @Test("a reader that dies holds up the others no longer than its lock; then its address is read", arguments: [
    false, true,
  ])
  func deadReader(isKnown: Bool) async throws {
    let known = reading(address, trx: 9).view(asOf: Date(timeIntervalSince1970: 1_790_000_000))
    let store = FakeChainStore(last: isKnown ? known : nil)
    _ = try await store.claim(address, token: "of a process that was killed", for: .seconds(1))
    var policy = ChainCachePolicy()
    policy.followLimit = .milliseconds(100)
    let source = FakeChainSource(.answer(reading(address)))
    let view = try await read(ChainAccounts(sources: [source], policy: policy), store)
    #expect(view == known.stale || !isKnown)
    #expect(view.trx == Sun(5_000_000) || isKnown)
    #expect(source.calls == (isKnown ? 0 : 1))
  }

  @Test("an absurd answer is refused for the other API's", arguments: [
    reading(TronAddress.zero), reading(USDT.mainnet, trx: -1), reading(USDT.mainnet, trx: 130_000_000_000_000_000),
    reading(USDT.mainnet, usdt: -1), reading(USDT.mainnet, usdt: 200_000_000_000_000_001),
    reading(USDT.mainnet, energy: -1), reading(USDT.mainnet, bandwidth: .max),
    reading(USDT.mainnet, isActivated: false),
  ])
  func absurd(_ answer: ChainReading) async throws {
    #expect(answer.absurdity(asked: USDT.mainnet) != nil)
    let second = FakeChainSource(.answer(reading(address, trx: 7)))
    let accounts = ChainAccounts(sources: [FakeChainSource(.answer(answer)), second])
    #expect(try await read(accounts, FakeChainStore()).trx == Sun(7))
  }

  @Test("an address that is not activated is asked for again after seconds; an activated one is shared for a minute")
  func lifetimes() {
    let policy = ChainCachePolicy()
    let activated = reading(address).view(asOf: Date())
    let fresh = reading(address, trx: 0, isActivated: false).view(asOf: Date())
    #expect(policy.sharedLifetime(of: activated) == .seconds(60))
    #expect(policy.sharedLifetime(of: fresh) <= .seconds(3))
    #expect(policy.decide(age: .milliseconds(2999), fresh) == .serve)
    #expect(policy.decide(age: .seconds(3), fresh) == .refresh)
    #expect(policy.decide(age: .seconds(3), activated) == .refresh)
  }

  @Test("memory holds a limited number of addresses")
  func bounded() throws {
    var policy = ChainCachePolicy()
    policy.memoryCountMax = 10
    var memory = ChainMemory()
    let now = ContinuousClock().now
    for number in 0..<100 {
      let other = try TronAddress(bytes: [0x41] + Array(repeating: 0, count: 19) + [UInt8(number)])
      memory.keep(reading(other).view(asOf: Date()), at: now, policy)
      #expect(memory.count <= 10)
    }
  }
}

func reading(
  _ address: TronAddress, trx: Int64 = 5_000_000, usdt: Int64 = 0, energy: Int64 = 0, bandwidth: Int64 = 600,
  isActivated: Bool = true
) -> ChainReading {
  ChainReading(
    address: address, trx: Sun(trx), usdt: usdt, energy: Energy(energy), bandwidth: bandwidth,
    isActivated: isActivated, isContract: false)
}
