import Contracts
import Synchronization
import TronKit

@testable import WalletSvc

struct FakeFailure: Error {}

/// An API that answers as it is told.
final class FakeChainSource: ChainSource {
  enum Behaviour: Sendable { case answer(ChainReading), failure }
  let name: String
  private let behaviour: Mutex<Behaviour>
  private let delay: Duration
  private let count = Mutex(0)

  init(_ behaviour: Behaviour, delay: Duration = .zero, name: String = "fake") {
    self.behaviour = Mutex(behaviour)
    self.delay = delay
    self.name = name
  }

  func become(_ behaviour: Behaviour) { self.behaviour.withLock { $0 = behaviour } }

  var calls: Int { count.withLock { $0 } }

  func read(_ address: TronAddress) async throws -> ChainReading {
    count.withLock { $0 += 1 }
    try await Task.sleep(for: delay)
    switch behaviour.withLock({ $0 }) {
    case .answer(let reading): return reading
    case .failure: throw FakeFailure()
    }
  }
}

/// Both stores in memory, shared by what are replicas in a test. Only what is given back or unlocked goes.
final class FakeChainStore: ChainStore {
  private struct State {
    var shared: [TronAddress: SharedChain] = [:]
    var locks: [TronAddress: String] = [:]
    var disputes: Set<TronAddress> = []
    var last: [TronAddress: ChainAccountView] = [:]
  }
  private let state = Mutex(State())

  init(last: ChainAccountView? = nil) {
    if let last { state.withLock { $0.last[last.address] = last } }
  }

  var disputes: Set<TronAddress> { state.withLock { $0.disputes } }
  func lastKept(_ address: TronAddress) -> ChainAccountView? { state.withLock { $0.last[address] } }

  func shared(_ addresses: [TronAddress]) async throws -> [TronAddress: SharedChain] {
    state.withLock { $0.shared.filter { addresses.contains($0.key) } }
  }

  func claim(_ address: TronAddress, token: String, for lifetime: Duration) async throws -> ChainClaim {
    state.withLock { state in
      if let shared = state.shared[address] { return .found(shared) }
      guard state.locks[address] == nil else { return .taken }
      state.locks[address] = token
      return .mine(isDisputed: state.disputes.contains(address))
    }
  }

  func share(_ address: TronAddress, _ found: SharedChain, for lifetime: Duration, token: String) async throws {
    state.withLock { state in
      state.shared[address] = found
      if state.locks[address] == token { state.locks[address] = nil }
    }
  }

  func forgetShared() { state.withLock { $0.shared = [:] } }

  func dispute(_ address: TronAddress, for lifetime: Duration?) async throws {
    state.withLock { state in
      if lifetime == nil { state.disputes.remove(address) } else { state.disputes.insert(address) }
    }
  }

  func last(_ addresses: [TronAddress]) async throws -> [TronAddress: ChainAccountView] {
    state.withLock { $0.last.filter { addresses.contains($0.key) } }
  }

  /// A younger value stays.
  func keep(_ view: ChainAccountView) async throws {
    state.withLock { state in
      if let last = state.last[view.address], last.asOf > view.asOf { return }
      state.last[view.address] = view
    }
  }
}

/// Keeps nothing before it is allowed to.
final class SlowKeepingStore: ChainStore {
  let inner = FakeChainStore()
  private let gate = AsyncStream<Void>.makeStream()

  func release() { gate.continuation.finish() }

  func shared(_ addresses: [TronAddress]) async throws -> [TronAddress: SharedChain] {
    try await inner.shared(addresses)
  }
  func claim(_ address: TronAddress, token: String, for lifetime: Duration) async throws -> ChainClaim {
    try await inner.claim(address, token: token, for: lifetime)
  }
  func share(_ address: TronAddress, _ found: SharedChain, for lifetime: Duration, token: String) async throws {
    try await inner.share(address, found, for: lifetime, token: token)
  }
  func dispute(_ address: TronAddress, for lifetime: Duration?) async throws {
    try await inner.dispute(address, for: lifetime)
  }
  func last(_ addresses: [TronAddress]) async throws -> [TronAddress: ChainAccountView] {
    try await inner.last(addresses)
  }
  func keep(_ view: ChainAccountView) async throws {
    for await _ in gate.stream {}
    try await inner.keep(view)
  }
}

/// Redis and Postgres are away, or hang.
struct BrokenChainStore: ChainStore {
  var hangs = false

  private func fail() async throws -> FakeFailure {
    if hangs { try await Task.sleep(for: .seconds(60)) }
    return FakeFailure()
  }

  func shared(_ addresses: [TronAddress]) async throws -> [TronAddress: SharedChain] { throw try await fail() }
  func claim(_ address: TronAddress, token: String, for lifetime: Duration) async throws -> ChainClaim {
    throw try await fail()
  }
  func share(_ address: TronAddress, _ found: SharedChain, for lifetime: Duration, token: String) async throws {
    throw try await fail()
  }
  func dispute(_ address: TronAddress, for lifetime: Duration?) async throws { throw try await fail() }
  func last(_ addresses: [TronAddress]) async throws -> [TronAddress: ChainAccountView] { throw try await fail() }
  func keep(_ view: ChainAccountView) async throws { throw try await fail() }
}
