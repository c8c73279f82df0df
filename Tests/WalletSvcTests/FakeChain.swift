import Contracts
import Synchronization
import TronKit

@testable import WalletSvc

struct FakeFailure: Error {}

/// An API that answers as it is told.
final class FakeChainSource: ChainSource {
  enum Behaviour: Sendable { case answer(ChainReading), failure }
  let name = "fake"
  private let behaviour: Behaviour
  private let delay: Duration
  private let count = Mutex(0)

  init(_ behaviour: Behaviour, delay: Duration = .zero) {
    self.behaviour = behaviour
    self.delay = delay
  }

  var calls: Int { count.withLock { $0 } }

  func read(_ address: TronAddress) async throws -> ChainReading {
    count.withLock { $0 += 1 }
    try await Task.sleep(for: delay)
    switch behaviour {
    case .answer(let reading): return reading
    case .failure: throw FakeFailure()
    }
  }
}

/// Both stores in memory, shared by what are replicas in a test. Nothing in it runs out.
final class FakeChainStore: ChainStore {
  private struct State {
    var shared: [TronAddress: ChainAccountView] = [:]
    var locks: [TronAddress: String] = [:]
    var last: ChainAccountView?
  }
  private let state = Mutex(State())

  init(last: ChainAccountView? = nil) { state.withLock { $0.last = last } }

  var lastKept: ChainAccountView? { state.withLock { $0.last } }

  func shared(_ address: TronAddress) async throws -> ChainAccountView? { state.withLock { $0.shared[address] } }
  func share(_ view: ChainAccountView, for lifetime: Duration) async throws {
    state.withLock { $0.shared[view.address] = view }
  }
  func lock(_ address: TronAddress, token: String, for lifetime: Duration) async throws -> Bool {
    state.withLock { state in
      guard state.locks[address] == nil else { return false }
      state.locks[address] = token
      return true
    }
  }
  func unlock(_ address: TronAddress, token: String) async throws {
    state.withLock { if $0.locks[address] == token { $0.locks[address] = nil } }
  }
  func last(_ address: TronAddress) async throws -> ChainAccountView? { state.withLock { $0.last } }
  func keep(_ view: ChainAccountView) async throws { state.withLock { $0.last = view } }
}

/// Redis and Postgres are away.
struct BrokenChainStore: ChainStore {
  func shared(_ address: TronAddress) async throws -> ChainAccountView? { throw FakeFailure() }
  func share(_ view: ChainAccountView, for lifetime: Duration) async throws { throw FakeFailure() }
  func lock(_ address: TronAddress, token: String, for lifetime: Duration) async throws -> Bool { throw FakeFailure() }
  func unlock(_ address: TronAddress, token: String) async throws { throw FakeFailure() }
  func last(_ address: TronAddress) async throws -> ChainAccountView? { throw FakeFailure() }
  func keep(_ view: ChainAccountView) async throws { throw FakeFailure() }
}
