import HTTPClient
import TestKit
import Testing

@testable import TronKit

@Suite(.timeLimit(.minutes(1))) struct NodePoolTests {
  /// A node whose head has this time, and which answers other calls with `reply`.
  private func server(head: Int64, _ reply: StubHTTPServer.Reply = .text("{}")) throws -> StubHTTPServer {
    let id = "0000000003fe266bf6b6d392f654dc2e5011601546ed04623d9fcc4e9d439a25"
    let parent = "0000000003fe266a65d5194c947f6f7a059d4646c8e9a5293226bc7fdcfc775e"
    let block = #"{"blockID":"\#(id)","block_header":{"raw_data":{"number":66987627,"parentHash":"\#(parent)","#
      + #""timestamp":\#(head)}}}"#
    return try StubHTTPServer { $0.target == "/wallet/getblock" ? .text(block) : reply }
  }

  private func pool(_ servers: [StubHTTPServer]) -> TronNodePool {
    let http = HTTPClient()
    return TronNodePool(
      nodes: servers.map { TronNodeClient(baseURL: $0.url, http: http, timeout: .seconds(20)) },
      hedgeAfter: .milliseconds(400), headInterval: .seconds(60))
  }

  private func reads(_ server: StubHTTPServer) -> Int {
    server.seen.requests.filter { $0.target == "/wallet/getaccount" }.count
  }

  @Test func theFirstNodeIsAskedWhileItIsWell() async throws {
    let servers = [try server(head: 1000), try server(head: 1000)]
    defer { for server in servers { server.stop() } }
    let pool = pool(servers)
    for _ in 0..<5 { _ = try await pool.read { try await $0.account(.zero) } }
    #expect(servers.map(reads) == [5, 0])
  }

  @Test(arguments: [StubHTTPServer.Reply.hangUp, .silence, .text("no"), .text(#"{"Error":"x"}"#)])
  func theNextNodeAnswersLongBeforeTheTimeoutOfTheFirst(reply: StubHTTPServer.Reply) async throws {
    let servers = [try server(head: 1000, reply), try server(head: 1000)]
    defer { for server in servers { server.stop() } }
    let pool = pool(servers)
    let start = ContinuousClock.now
    #expect(try await pool.read { try await $0.account(.zero) } == nil)
    #expect(ContinuousClock.now - start < .seconds(10))
    #expect(servers.map(reads) == [1, 1])
  }

  @Test func aNodeThatKeepsFailingIsLeftAlone() async throws {
    let servers = [try server(head: 1000, .hangUp), try server(head: 1000)]
    defer { for server in servers { server.stop() } }
    let pool = pool(servers)
    for _ in 0..<10 { _ = try await pool.read { try await $0.account(.zero) } }
    #expect(servers.map(reads) == [NodeHealth.failuresMax, 10])
  }

  @Test func aNodeFarBehindIsNotAsked() async throws {
    let servers = [try server(head: 1000), try server(head: 31_001)]
    defer { for server in servers { server.stop() } }
    let pool = pool(servers)
    _ = try await pool.read { try await $0.account(.zero) }
    #expect(servers.map(reads) == [0, 1])
    #expect(await pool.usableNodes().map(\.name) == ["127.0.0.1:\(servers[1].port)"])
  }

  @Test func whenAllFailTheLastErrorIsThrown() async throws {
    let servers = [try server(head: 1, .hangUp), try server(head: 1, .text("no"))]
    defer { for server in servers { server.stop() } }
    let pool = pool(servers)
    let error = await #expect(throws: TronNodeError.self) { try await pool.read { try await $0.account(.zero) } }
    #expect(error?.code == .malformed)
    let none = await #expect(throws: TronNodeError.self) {
      try await TronNodePool(nodes: []).read { try await $0.account(.zero) }
    }
    #expect(none?.code == .noNode)
  }

  @Test func aBlockThatDoesNotExistYetIsAnAnswer() async throws {
    let servers = [try server(head: 1), try server(head: 1)]
    defer { for server in servers { server.stop() } }
    let error = await #expect(throws: TronNodeError.self) {
      try await pool(servers).read { try await $0.block(number: 9) }
    }
    #expect(error?.code == .notFound)
    #expect(servers[1].seen.requests.allSatisfy { $0.target == "/wallet/getblock" })
  }

  @Test(arguments: [
    ([200, 200], .notFound), ([502, 200], .refused), ([200, 502], .refused), ([200, 429, 200], .rateLimited),
  ] as [([Int], TronNodeError.Code)])
  func whatIsLackingIsLackingOnEveryNode(statuses: [Int], code: TronNodeError.Code) async throws {
    let servers = try statuses.map { try server(head: 1000, .text("{}", status: $0)) }
    defer { for server in servers { server.stop() } }
    let pool = pool(servers)
    for _ in 0..<2 {
      let error = await #expect(throws: TronNodeError.self) {
        try await pool.askEach { try await $0.block(number: 9) }
      }
      #expect(error?.code == code)
      #expect(error?.isLacking == (code == .notFound))
    }
    #expect(servers.map(\.seen.requests.count) == statuses.map { $0 == 429 ? 1 : 2 })
  }

  @Test func eachNodeIsAskedUntilOneAnswersAlsoOneThatLags() async throws {
    let servers = [try server(head: 31_001, .hangUp), try server(head: 1000), try server(head: 31_001)]
    defer { for server in servers { server.stop() } }
    let pool = pool(servers)
    _ = await pool.usableNodes()
    #expect(pool.snapshot().map(\.lags) == [false, true, false])
    #expect(try await pool.askEach { try await $0.account(.zero) } == nil)
    #expect(servers.map(reads) == [1, 1, 0])
  }

  // MARK: The rules alone

  @Test func restsGrowAndEndWithASuccess() {
    var health = NodeHealth(count: 2)
    for _ in 0..<2 { health.failed(0, now: .zero) }
    #expect(health.order(now: .zero) == [0, 1])
    #expect(health.state(0, now: .zero) == .closed)
    health.failed(0, now: .zero)
    #expect(health.order(now: .seconds(4)) == [1, 0])
    #expect(health.state(0, now: .seconds(4)) == .open)
    #expect(health.order(now: .seconds(5)) == [0, 1])
    #expect(health.state(0, now: .seconds(5)) == .halfOpen)
    health.failed(0, now: .seconds(5))
    #expect(health.order(now: .seconds(14)) == [1, 0])
    #expect(health.order(now: .seconds(15)) == [0, 1])
    for _ in 0..<100 { health.failed(0, now: .seconds(15)) }
    #expect(health.order(now: .seconds(75)) == [0, 1])
    #expect(health.order(now: .seconds(74)) == [1, 0])
    health.succeeded(0)
    #expect(health.order(now: .seconds(15)) == [0, 1])
    #expect(health.state(0, now: .seconds(15)) == .closed)
  }

  @Test func oneRequestFindsOutWhetherANodeIsWellAgain() {
    var health = NodeHealth(count: 2)
    for _ in 0..<3 { health.failed(0, now: .zero) }
    let probe = health.plan(now: .seconds(5))
    let others = health.plan(now: .seconds(6))
    #expect(probe == [0, 1] && others == [1, 0])
    // A probe that never ends is forgotten, one that is given up at once.
    let later = health.plan(now: .seconds(15))
    #expect(later == [0, 1])
    health.gaveUp(0)
    let next = health.plan(now: .seconds(15))
    #expect(next == [0, 1])
    health.succeeded(0)
    let well = [health.plan(now: .seconds(15)), health.plan(now: .seconds(15))]
    #expect(well == [[0, 1], [0, 1]])
  }

  @Test func aNodeThatAsksToBeLeftAloneIsLeftAlone() {
    var health = NodeHealth(count: 2)
    health.failed(0, now: .zero, rest: .seconds(30))
    #expect(health.order(now: .seconds(29)) == [1])
    #expect(health.order(now: .seconds(30)) == [0, 1])
  }

  @Test func headsAreComparedOncePerIntervalAndOnlyAmongSeveral() {
    var one = NodeHealth(count: 1)
    let alone = one.headsDue(now: .zero, interval: .seconds(10))
    #expect(alone.isEmpty)
    var two = NodeHealth(count: 2)
    let due = [Duration.zero, .seconds(9), .seconds(10), .seconds(11)].map {
      two.headsDue(now: $0, interval: .seconds(10))
    }
    #expect(due == [[0, 1], [], [0, 1], []])
    for _ in 0..<3 { two.failed(1, now: .seconds(20)) }
    let rested = two.headsDue(now: .seconds(20), interval: .seconds(10))
    #expect(rested == [0])
  }

  @Test func aNodeWhoseLatestBlocksAreReadIsNotAskedForItsHead() {
    var health = NodeHealth(count: 2)
    let first = health.headsDue(now: .zero, interval: .seconds(120))
    let head = ChainPoint(number: 9, timestamp: 9_000)
    health.compared([0: head, 1: head], now: .zero)
    health.sawBlock(0, ChainPoint(number: 10, timestamp: 10_000), now: .seconds(119))
    let second = health.headsDue(now: .seconds(120), interval: .seconds(120))
    // A block that somebody catches up with says nothing of the head.
    health.sawBlock(0, ChainPoint(number: 8, timestamp: 8_000), now: .seconds(239))
    let third = health.headsDue(now: .seconds(240), interval: .seconds(120))
    #expect([first, second, third] == [[0, 1], [1], [0, 1]])
  }

  @Test func aNodeThatStandsStillWhileItsBlocksAreReadIsFoundBehindWithinAMinute() {
    var health = NodeHealth(count: 2)
    var foundAt: Int?
    for second in 0...120 where foundAt == nil {
      let now = Duration.seconds(second)
      let latest = [min(30, second / 3 * 3), second / 3 * 3].map { seconds in
        ChainPoint(number: Int64(seconds / 3), timestamp: Int64(seconds) * 1_000)
      }
      let due = health.headsDue(now: now, interval: .seconds(120))
      if !due.isEmpty { health.compared(Dictionary(uniqueKeysWithValues: due.map { ($0, latest[$0]) }), now: now) }
      health.sawBlock(0, latest[0], now: now)
      if health.lags(0) { foundAt = second }
    }
    #expect(foundAt == 69, "its last block is of second 30")
  }

  @Test func aHeadThatIsKnownIsComparedWithoutBeingAskedFor() {
    var health = NodeHealth(count: 2)
    health.sawHead(0, ChainPoint(number: 3, timestamp: 10_000), now: .seconds(100))
    health.compared([1: ChainPoint(number: 20, timestamp: 60_000)], now: .seconds(101))
    #expect(health.lags(0) && !health.lags(1))
  }

  @Test func troubleComparesHeadsAtOnceAndEverMoreRarely() {
    var health = NodeHealth(count: 2)
    _ = health.headsDue(now: .zero, interval: .seconds(120))
    health.failed(1, now: .seconds(6))
    var times: [Int] = []
    for second in 6...200 {
      let isDue = !health.headsDue(now: .seconds(second), interval: .seconds(120)).isEmpty
      if isDue { times.append(second) }
    }
    #expect(times == [6, 16, 36, 76, 136, 196])
    health.succeeded(1)
    let quiet = health.headsDue(now: .seconds(316), interval: .seconds(120))
    health.failed(1, now: .seconds(321))
    let again = health.headsDue(now: .seconds(321), interval: .seconds(120))
    #expect(quiet == [0, 1] && again == [0, 1], "calm days forget the trouble")
  }

  @Test func aNodeBehindIsLookedAtSoonerEvenAlone() {
    var one = NodeHealth(count: 1)
    one.sawHead(0, ChainPoint(number: 2, timestamp: 100_000), now: .zero)
    one.sawHead(0, ChainPoint(number: 1, timestamp: 60_000), now: .zero)
    #expect(one.lags(0) && one.order(now: .zero).isEmpty)
    let due = [Duration.zero, .seconds(4), .seconds(5)].map { one.headsDue(now: $0, interval: .seconds(60)) }
    #expect(due == [[0], [], [0]])
    one.sawHead(0, ChainPoint(number: 3, timestamp: 70_000), now: .zero)
    #expect(!one.lags(0) && one.order(now: .zero) == [0])
  }

  private func point(_ number: Int64, _ timestamp: Int64) -> ChainPoint {
    ChainPoint(number: number, timestamp: timestamp)
  }

  @Test func exactlyThirtySecondsBehindIsStillAsked() {
    var health = NodeHealth(count: 3)
    health.compared([0: point(1, 1000), 1: point(2, 31_000)], now: .zero)
    #expect(health.order(now: .zero) == [0, 1, 2])
    health.compared([0: point(1, 1000), 1: point(2, 31_001)], now: .zero)
    #expect(health.order(now: .zero) == [1, 2])
    // The best head outlives the node that told it; a block that a node gives speaks for it.
    health.compared([0: point(1, 1000)], now: .zero)
    #expect(health.order(now: .zero) == [1, 2])
    health.sawBlock(0, ChainPoint(number: 2, timestamp: 1001), now: .zero)
    #expect(health.order(now: .zero) == [0, 1, 2])
    health.sawBlock(0, ChainPoint(number: 0, timestamp: 0), now: .zero)
    #expect(health.order(now: .zero) == [0, 1, 2])
  }

  @Test(arguments: [1, 2]) func aHeadFarAheadThatNobodyConfirmsIsForgottenAfterAMinute(count: Int) {
    var health = NodeHealth(count: count)
    health.sawHead(0, point(9, 9_000_000), now: .zero)
    for second in stride(from: 5, through: 55, by: 5) {
      for index in 0..<count { health.sawHead(index, point(1, 1_000_000), now: .seconds(second)) }
      #expect(health.order(now: .seconds(second)).isEmpty)
    }
    for index in 0..<count { health.sawHead(index, point(2, 1_003_000), now: .seconds(60)) }
    #expect(health.order(now: .seconds(60)) == Array(0..<count))
    #expect(health.best == 1_003_000)
  }

  @Test func aNodeBehindABestHeadThatIsConfirmedStaysOut() {
    var health = NodeHealth(count: 2)
    for second in stride(from: Int64(0), through: 300, by: 30) {
      health.compared([0: point(1, second * 1000 + 40_000), 1: point(1, second * 1000)], now: .seconds(second))
      #expect(health.order(now: .seconds(second)) == [0])
    }
  }

  @Test func ofThreeNodesOneCannotShutOutTheOthers() {
    var health = NodeHealth(count: 3)
    let bogus = point(9, 9_000_000_000)
    health.compared([0: bogus, 1: point(1, 1000), 2: point(2, 4000)], now: .zero)
    #expect(health.best == 4000 && health.order(now: .zero) == [0, 1, 2])
    health.sawHead(0, bogus, now: .seconds(1))
    health.sawBlock(1, point(3, 7000), now: .seconds(2))
    #expect(health.best == 7000 && health.order(now: .seconds(2)) == [0, 1, 2])
    // Two that have fallen behind do not outvote the one that goes on.
    health.sawHead(0, point(3, 7000), now: .seconds(3))
    for block in 4...20 { health.sawHead(2, point(Int64(block), Int64(block) * 3000), now: .seconds(block)) }
    health.compared([0: point(3, 7000), 1: point(3, 7000)], now: .seconds(21))
    #expect(health.best == 60_000 && health.order(now: .seconds(21)) == [2])
  }

  @Test func afterAnOutageTwoNodesAreBelieved() {
    var health = NodeHealth(count: 3)
    health.compared([0: point(1, 1000), 1: point(1, 1000), 2: point(1, 1000)], now: .zero)
    let later = point(900, 2_700_000)
    health.sawHead(0, later, now: .seconds(2700))
    #expect(health.best == 1000)
    health.sawHead(1, later, now: .seconds(2700))
    #expect(health.best == 2_700_000)
    health.sawHead(2, point(1, 1000), now: .seconds(2700))
    #expect(health.order(now: .seconds(2700)) == [0, 1])
  }

  @Test func aSilentNodeCallsTheNextOnceAndAFailedOneAtOnce() {
    var race = NodeRace(order: [4, 7, 9])
    let first = race.next()
    #expect(first == 4 && race.running == [4])
    let hedge = race.isSilent(4)
    #expect(hedge == 7 && race.running == [4, 7])
    let again = race.isSilent(4)
    #expect(again == nil)
    let replacement = race.lost(7)
    #expect(replacement == 9 && race.running == [4, 9] && race.isExhausted)
    let nobody = [race.lost(9), race.isSilent(4), race.lost(4)]
    #expect(nobody == [nil, nil, nil] && race.running.isEmpty)
  }

  // MARK: Together

  @Test func aSilentNodeIsNotWaitedForAndCountsAsFailed() async throws {
    let servers = [try server(head: 1000, .silence), try server(head: 1000)]
    defer { for server in servers { server.stop() } }
    let pool = pool(servers)
    for _ in 0..<4 { _ = try await pool.read { try await $0.account(.zero) } }
    // Three times it was asked and overtaken, then left alone; what ran on was given up.
    #expect(servers.map(reads) == [3, 4])
    #expect(pool.snapshot().map(\.state) == [.open, .closed])
    #expect(try await becomesTrue { servers[0].seen.abandoned == 3 })
  }

  @Test func aLongReadWhoseEveryCallIsAnsweredIsNotHedged() async throws {
    let servers = [try server(head: 1000), try server(head: 1000)]
    defer { for server in servers { server.stop() } }
    let pool = pool(servers)
    try await pool.read { node in
      let end = ContinuousClock.now + .milliseconds(1000)
      while ContinuousClock.now < end { _ = try await node.account(.zero) }
    }
    #expect(reads(servers[1]) == 0)
    #expect(pool.snapshot().map(\.failures) == [0, 0])
  }

  @Test func aSuspendedNodeIsNotAskedAndItsErrorSaysForHowLong() async throws {
    let suspension = StubHTTPServer.Reply.text(
      #"{"Error":"The key exceeds the frequency limit(15), and the query server is suspended for 2s"}"#, status: 403)
    let server = try server(head: 1000, suspension)
    defer { server.stop() }
    let pool = pool([server])
    let first = await #expect(throws: TronNodeError.self) { try await pool.read { try await $0.account(.zero) } }
    #expect(first?.retryAfter == .seconds(2))
    let second = await #expect(throws: TronNodeError.self) { try await pool.read { try await $0.account(.zero) } }
    #expect(second?.code == .noNode)
    #expect(reads(server) == 1)
    #expect(pool.snapshot().map(\.isSuspended) == [true])
  }

  @Test func whatTheRequestItselfIsBlamedForOpensNoBreaker() async throws {
    let judgement = StubHTTPServer.Reply.text(
      #"{"Error":"class org.tron.core.exception.ContractValidateException : delegated Resource does not exist"}"#)
    let servers = [try server(head: 1000, judgement), try server(head: 1000, judgement)]
    defer { for server in servers { server.stop() } }
    let pool = pool(servers)
    for _ in 0..<5 {
      let error = await #expect(throws: TronNodeError.self) { try await pool.read { try await $0.account(.zero) } }
      #expect(error?.code == .invalid)
    }
    #expect(pool.snapshot().map(\.failures) == [0, 0])
  }

  @Test func broadcastsOfTheNodesCountForTheirHealth() async throws {
    let servers = [try server(head: 1000, .hangUp), try server(head: 1000, .text(#"{"result":true}"#))]
    defer { for server in servers { server.stop() } }
    let pool = pool(servers)
    let vector = try #require(try Vectors.load().signed_transactions.first)
    let signed = try SignedTransaction(decoding: Hex.decode(vector.broadcasthex))
    for _ in 0..<3 {
      for node in pool.nodes { _ = await node.broadcast(signed, timeout: .seconds(1)) }
    }
    #expect(pool.snapshot().map(\.state) == [.open, .closed])
    #expect(await pool.usableNodes().map(\.name) == ["127.0.0.1:\(servers[1].port)", "127.0.0.1:\(servers[0].port)"])
    let calls = pool.snapshot().map(\.calls)
    #expect(calls[0][NodeCall(name: "broadcasthex", outcome: .unreachable)] == 3)
    #expect(calls[1][NodeCall(name: "broadcasthex", outcome: nil)] == 3)
    #expect(calls[1][NodeCall(name: "getblock", outcome: nil)] == 1)
  }
}
