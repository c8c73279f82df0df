import BusKit
import Contracts
import Foundation
import HTTPClient
import Logging
import TestKit
import Testing
import TronKit

@testable import WalletSvc

/// Every way in which TronGrid and TronScan can fail, alone and together, against the answer that is documented for it.
@Suite("When the chain's APIs fail or lie", .timeLimit(.minutes(3)))
struct ChainFailureTests {
  private let http = HTTPClient()
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func address() throws -> TronAddress { try TronAddress(parsing: StubAPI.address) }

  private func known() throws -> ChainAccountView {
    reading(try address(), trx: 9).view(asOf: Date(timeIntervalSince1970: 1_790_000_000))
  }

  private func ask(
    _ grid: APIBehaviour, _ scan: APIBehaviour, last: ChainAccountView? = nil
  ) async throws -> ChainAccountView {
    let apis = [
      try StubAPI(grid: grid, trx: 1, http: http), try StubAPI(scan: scan, trx: 2, http: http),
    ]
    defer { for api in apis { api.stop() } }
    let accounts = ChainAccounts(sources: apis.map(\.source))
    return try await accounts.account(
      address(), store: FakeChainStore(last: last), logger: logger, metrics: MetricsRegistry())
  }

  @Test("TronGrid's answer is the first choice", arguments: APIBehaviour.allCases)
  func first(scan: APIBehaviour) async throws {
    let view = try await ask(.healthy, scan)
    #expect(view.trx == Sun(1) && !view.isStale)
    #expect(view.usdt == 42 && view.energy == Energy(65_000) && view.bandwidth == 600 && view.isActivated)
  }

  @Test("TronScan's answer takes its place, and means the same", arguments: APIBehaviour.allCases.filter(\.isFailure))
  func second(grid: APIBehaviour) async throws {
    let view = try await ask(grid, .healthy)
    #expect(view.trx == Sun(2) && !view.isStale)
    #expect(view.usdt == 42 && view.energy == Energy(65_000) && view.bandwidth == 600 && view.isActivated)
  }

  @Test("when TronGrid is slow, TronScan is asked beside it", arguments: [APIBehaviour.healthy])
  func hedged(scan: APIBehaviour) async throws {
    #expect(try await ask(.slow, scan).trx == Sun(2))
  }

  @Test("when both are slow, the first answer counts")
  func bothSlow() async throws {
    let view = try await ask(.slow, .slow)
    #expect(!view.isStale && view.trx == Sun(1))
  }

  @Test("when both fail, it is the last value, marked stale", arguments: APIBehaviour.allCases.filter(\.isFailure))
  func stale(both: APIBehaviour) async throws {
    let known = try known()
    #expect(try await ask(both, both, last: known) == known.stale)
  }

  @Test("when both fail and nothing is known, it is an error with a code", arguments: [
    (APIBehaviour.down, APIBehaviour.down), (.silent, .silent), (.down, .wrongAddress), (.negative, .beyondSupply),
    (.suspended, .tooManyRequests), (.garbage, .error500), (.silent, .html),
  ])
  func unknown(grid: APIBehaviour, scan: APIBehaviour) async throws {
    let thrown = await #expect(throws: QueryFailure.self) { try await ask(grid, scan) }
    #expect(thrown?.code == "chain_unavailable")
  }

  @Test("one that asks to be left alone is not asked again", arguments: [
    APIBehaviour.tooManyRequests, .suspended, .suspendedWith200, .busy503,
  ])
  func suspension(behaviour: APIBehaviour) async throws {
    let api = try StubAPI(scan: behaviour, trx: 1, http: http)
    let other = FakeChainSource(.answer(reading(try address(), trx: 2)))
    defer { api.stop() }
    var policy = ChainCachePolicy()
    policy.memory = .zero
    let accounts = ChainAccounts(sources: [api.source, other], policy: policy)
    for _ in 0..<10 {
      let view = try await accounts.account(
        address(), store: FakeChainStore(), logger: logger, metrics: MetricsRegistry())
      #expect(view.trx == Sun(2))
    }
    #expect(api.requests == 1)
  }

  @Test("when not both requests of a reading are left, none is taken")
  func halfABudget() async throws {
    let budget = LocalRequestBudget(RequestLimits(perSecond: 100, perDay: 3))
    let grid = try StubAPI(grid: .healthy, trx: 1, http: http, budget: budget)
    defer { grid.stop() }
    _ = try await grid.source.read(address())
    await #expect(throws: TronNodeError.self) { try await grid.source.read(address()) }
    #expect(grid.requests == 2 && budget.level.day == 1)
  }

  @Test("one whose requests are used up is not asked, and the other answers; then the last value does")
  func budget() async throws {
    let budgets = [2, 1].map { LocalRequestBudget(RequestLimits(perSecond: 100, perDay: $0)) }
    let grid = try StubAPI(grid: .healthy, trx: 1, http: http, budget: budgets[0])
    let scan = try StubAPI(scan: .healthy, trx: 2, http: http, budget: budgets[1])
    defer { for api in [grid, scan] { api.stop() } }
    var policy = ChainCachePolicy()
    policy.memory = .zero
    let accounts = ChainAccounts(sources: [grid.source, scan.source], policy: policy)
    let store = FakeChainStore()
    var seen: [ChainAccountView] = []
    for _ in 0..<3 {
      store.forgetShared()
      seen.append(
        try await accounts.account(address(), store: store, logger: logger, metrics: MetricsRegistry()))
    }
    #expect(seen.map(\.trx) == [Sun(1), Sun(2), Sun(2)] && seen.map(\.isStale) == [false, false, true])
    #expect(grid.requests == 2 && scan.requests == 1)
  }
}
