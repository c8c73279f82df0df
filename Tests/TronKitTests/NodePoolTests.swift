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

  // MARK: The rules alone

  @Test func restsGrowAndEndWithASuccess() {
    var health = NodeHealth(count: 2)
    for _ in 0..<2 { health.failed(0, now: .zero) }
    #expect(health.order(now: .zero) == [0, 1])
    health.failed(0, now: .zero)
    #expect(health.order(now: .seconds(4)) == [1, 0])
    #expect(health.order(now: .seconds(5)) == [0, 1])
    health.failed(0, now: .seconds(5))
    #expect(health.order(now: .seconds(14)) == [1, 0])
    #expect(health.order(now: .seconds(15)) == [0, 1])
    for _ in 0..<100 { health.failed(0, now: .seconds(15)) }
    #expect(health.order(now: .seconds(75)) == [0, 1])
    #expect(health.order(now: .seconds(74)) == [1, 0])
    health.succeeded(0)
    #expect(health.order(now: .seconds(15)) == [0, 1])
  }

  @Test func aRestThatANodeAsksForIsKept() {
    var health = NodeHealth(count: 2)
    health.failed(0, now: .zero, rest: .seconds(30))
    #expect(health.order(now: .seconds(29)) == [1, 0])
    #expect(health.order(now: .seconds(30)) == [0, 1])
  }

  @Test func headsAreComparedOncePerIntervalAndOnlyAmongSeveral() {
    var one = NodeHealth(count: 1)
    let alone = one.shouldCompareHeads(now: .zero, interval: .seconds(10))
    #expect(!alone)
    var two = NodeHealth(count: 2)
    let due = [Duration.zero, .seconds(9), .seconds(10), .seconds(11)].map {
      two.shouldCompareHeads(now: $0, interval: .seconds(10))
    }
    #expect(due == [true, false, true, false])
  }

  @Test func exactlyThirtySecondsBehindIsStillAsked() {
    var health = NodeHealth(count: 3)
    health.sawHead(0, 1000)
    health.sawHead(1, 31_000)
    health.sawHead(2, nil)
    #expect(health.order(now: .zero) == [0, 1, 2])
    health.sawHead(1, 31_001)
    #expect(health.order(now: .zero) == [1, 2])
  }
}
