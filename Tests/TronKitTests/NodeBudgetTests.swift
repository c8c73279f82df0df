import HTTPClient
import Synchronization
import TestKit
import Testing

@testable import TronKit

@Suite(.timeLimit(.minutes(1))) struct NodeBudgetTests {
  private let noon: Int64 = 1_000 * 86_400 + 43_200

  @Test func aBucketGivesASecondsWorthAtOnceAndFillsByTime() {
    var allowance = RequestAllowance(RequestLimits(perSecond: 10, perDay: nil), now: .zero, unixSeconds: noon)
    for _ in 0..<10 {
      let decision = allowance.take(1, .broadcast, now: .zero, unixSeconds: noon)
      #expect(decision == .granted)
    }
    let empty = allowance.take(1, .broadcast, now: .zero, unixSeconds: noon)
    #expect(empty == .wait(.milliseconds(101)))
    let early = allowance.take(1, .broadcast, now: .milliseconds(50), unixSeconds: noon)
    #expect(early == .wait(.milliseconds(51)))
    let later = allowance.take(1, .broadcast, now: .milliseconds(101), unixSeconds: noon)
    #expect(later == .granted)
    // However long nothing was asked, no more than a second's worth is there.
    let level = allowance.level(now: .seconds(3600), unixSeconds: noon)
    #expect(level == BudgetLevel(requests: 10, day: nil))
  }

  @Test func theMoreImportantIsServedWhenTheOthersWait() {
    var allowance = RequestAllowance(RequestLimits(perSecond: 10, perDay: nil), now: .zero, unixSeconds: noon)
    func granted(_ priority: RequestPriority) -> Int {
      var count = 0
      while case .granted = allowance.take(1, priority, now: .zero, unixSeconds: noon) { count += 1 }
      return count
    }
    #expect(granted(.refresh) == 7)
    #expect(granted(.confirmation) == 2)
    #expect(granted(.broadcast) == 1)
  }

  @Test func aDaysRequestsEndAndComeBackAtMidnight() {
    var allowance = RequestAllowance(RequestLimits(perSecond: 100, perDay: 10), now: .zero, unixSeconds: noon)
    func take(_ priority: RequestPriority, at seconds: Int64) -> BudgetDecision {
      allowance.take(1, priority, now: .seconds(seconds - noon), unixSeconds: seconds)
    }
    for _ in 0..<7 { #expect(take(.refresh, at: noon) == .granted) }
    #expect(take(.refresh, at: noon) == .refused(.seconds(43_200)))
    for _ in 0..<2 { #expect(take(.confirmation, at: noon) == .granted) }
    #expect(take(.confirmation, at: noon + 3_200) == .refused(.seconds(40_000)))
    #expect(take(.broadcast, at: noon) == .granted)
    #expect(take(.broadcast, at: noon) == .refused(.seconds(43_200)))
    #expect(take(.refresh, at: noon + 43_200) == .granted)
    // A clock that goes back does not give the day before once more.
    for _ in 0..<9 { _ = take(.broadcast, at: noon + 43_200) }
    #expect(take(.broadcast, at: noon) != .granted)
  }

  @Test func evenOneRequestASecondServesEveryPriority() {
    for priority in RequestPriority.allCases {
      var allowance = RequestAllowance(RequestLimits(perSecond: 1, perDay: nil), now: .zero, unixSeconds: noon)
      let first = allowance.take(1, priority, now: .zero, unixSeconds: noon)
      #expect(first == .granted)
    }
  }

  /// Says what it is told to, and remembers what it was asked.
  private final class Script: RequestBudget {
    private let state: Mutex<(decisions: [BudgetDecision], asked: [RequestPriority])>

    init(_ decisions: [BudgetDecision]) { state = Mutex((decisions, [])) }

    var asked: [RequestPriority] { state.withLock { $0.asked } }
    var level: BudgetLevel { BudgetLevel(requests: state.withLock { Int64($0.decisions.count) }, day: nil) }

    func take(_ count: Int, _ priority: RequestPriority) async -> BudgetDecision {
      state.withLock { state in
        state.asked.append(priority)
        return state.decisions.isEmpty ? .granted : state.decisions.removeFirst()
      }
    }
  }

  private func node(_ budget: any RequestBudget) throws -> (TronNodeClient, StubHTTPServer) {
    let server = try StubHTTPServer { _ in .text("{}") }
    let node = TronNodeClient(baseURL: server.url, http: HTTPClient(), timeout: .milliseconds(500), budget: budget)
    return (node, server)
  }

  @Test func everyRequestIsTakenFromTheBudgetWithItsImportance() async throws {
    let script = Script([.wait(.milliseconds(1)), .granted, .wait(.milliseconds(1))])
    let (node, server) = try node(script)
    defer { server.stop() }
    _ = try await node.with(priority: .refresh).account(.zero)
    _ = try await node.account(.zero)
    let vector = try #require(try Vectors.load().signed_transactions.first)
    _ = await node.with(priority: .refresh).broadcast(try SignedTransaction(decoding: Hex.decode(vector.broadcasthex)))
    #expect(script.asked == [.refresh, .refresh, .confirmation, .confirmation, .broadcast])
    #expect(server.seen.requests.count == 3)
  }

  @Test(arguments: [BudgetDecision.wait(.seconds(5)), .refused(.seconds(3600))])
  func whatTheBudgetRefusesIsNotSent(decision: BudgetDecision) async throws {
    let (node, server) = try node(Script([decision]))
    defer { server.stop() }
    let error = await #expect(throws: TronNodeError.self) { try await node.account(.zero) }
    #expect(error?.code == .overBudget && error?.mayHaveBeenSent == false && error?.blamesNode == false)
    #expect(server.seen.requests.isEmpty)
  }

  @Test func whenOneKeyIsUsedUpAnotherNodeAnswersAndNoneIsBlamed() async throws {
    let (poor, first) = try node(Script(Array(repeating: .refused(.seconds(60)), count: 20)))
    let (rich, second) = try node(Script([]))
    defer {
      first.stop()
      second.stop()
    }
    let pool = TronNodePool(nodes: [poor, rich], headInterval: .seconds(60))
    for _ in 0..<5 { #expect(try await pool.read { try await $0.account(.zero) } == nil) }
    #expect(first.seen.requests.isEmpty)
    #expect(pool.snapshot().map(\.failures) == [0, 0])
  }
}
