import HTTPClient
import Synchronization
import TestKit
import Testing

@testable import TronKit

/// "Not found" is believed only of a node that has come far enough.
@Suite(.timeLimit(.minutes(1))) struct NodePresenceTests {
  private static let id = "0000000003fe266bf6b6d392f654dc2e5011601546ed04623d9fcc4e9d439a25"
  private static let parent = "0000000003fe266a65d5194c947f6f7a059d4646c8e9a5293226bc7fdcfc775e"

  private static func block(_ timestamp: Int64) -> String {
    """
    {"blockID":"\(id)","block_header":{"raw_data":{"number":66987627,"parentHash":"\(parent)",
    "timestamp":\(timestamp)}}}
    """
  }

  /// A node with a head and a solid head, which has the account or not.
  private func server(head: Int64, solid: Int64 = 0, has: Bool) throws -> StubHTTPServer {
    try StubHTTPServer { request in
      switch request.target {
      case "/wallet/getblock": .text(Self.block(head))
      case "/walletsolidity/getblock": .text(Self.block(solid))
      default: .text(has ? #"{"address":"TZ4UXDV5ZhNW7fb2AMSbgfAEZ7hWsnYS2g"}"# : "{}")
      }
    }
  }

  private func ask(_ servers: [StubHTTPServer], _ proof: PresenceProof) async throws -> Presence<ChainAccount> {
    let http = HTTPClient()
    let pool = TronNodePool(
      nodes: servers.map { TronNodeClient(baseURL: $0.url, http: http, timeout: .seconds(2)) },
      headInterval: .seconds(60))
    return try await pool.presence(proof: proof) { try await $0.account(.zero) }
  }

  private func kind(_ presence: Presence<ChainAccount>) -> String {
    switch presence {
    case .present: "present"
    case .absent: "absent"
    case .unknown: "unknown"
    }
  }

  @Test(arguments: [
    // Two current nodes agree; one that has it outweighs one that has not.
    ([(100_000, false), (100_000, false)], "absent"), ([(100_000, false), (100_000, true)], "present"),
    ([(100_000, true), (100_000, false)], "present"),
    // The lagging one is not heard.
    ([(60_000, false), (100_000, false)], "absent"), ([(60_000, false), (100_000, true)], "present"),
    ([(100_000, false)], "absent"), ([(100_000, true)], "present"),
    ([(100_000, false), (60_000, true), (100_000, false)], "absent"),
  ] as [([(Int64, Bool)], String)])
  func currentNodesDecide(nodes: [(Int64, Bool)], expected: String) async throws {
    let servers = try nodes.map { try server(head: $0.0, has: $0.1) }
    defer { for server in servers { server.stop() } }
    #expect(kind(try await ask(servers, .currentHead)) == expected)
  }

  @Test func ofThreeNodesTheOnlyOneThatAnswersIsBelieved() async throws {
    let silent = try (1...2).map { _ in try StubHTTPServer { _ in .hangUp } }
    let servers = silent + [try server(head: 100_000, has: false)]
    defer { for server in servers { server.stop() } }
    #expect(kind(try await ask(servers, .currentHead)) == "absent")
  }

  /// Gateways tell apart their customers' keys, not their servers.
  @Test func twoEntriesOfOneHostAreOneWitness() async throws {
    let servers = [try server(head: 100_000, has: false), try server(head: 100_000, has: true)]
    defer { for server in servers { server.stop() } }
    #expect(kind(try await ask([servers[0], servers[0], servers[1]], .currentHead)) == "present")
    #expect(kind(try await ask([servers[0], servers[0]], .currentHead)) == "absent")
  }

  @Test(arguments: [
    ([(50_000, false)], "unknown"), ([(50_001, false)], "absent"), ([(50_000, true)], "present"),
    ([(50_001, false), (50_000, true)], "present"),
    // Two are needed where two answer: the one behind is waited for, unless there are two without it.
    ([(50_000, false), (50_001, false)], "unknown"), ([(50_001, false), (50_000, false)], "unknown"),
    ([(50_000, false), (50_001, false), (50_001, false)], "absent"),
    // One that is more than two minutes behind is not waited for, and believed where it has it.
    ([(50_000, false), (170_000, false)], "unknown"), ([(50_000, false), (170_001, false)], "absent"),
    ([(170_001, false), (50_000, false)], "absent"), ([(170_001, false), (50_000, true)], "present"),
    ([(49_999, false), (50_000, false), (170_000, false)], "unknown"),
    // Nor does one of three that is dated far ahead make the others late.
    ([(50_000, false), (50_000, false), (400_000, false)], "unknown"),
  ] as [([(Int64, Bool)], String)])
  func aSolidHeadPastTheMomentDecides(nodes: [(Int64, Bool)], expected: String) async throws {
    let servers = try nodes.map { try server(head: 100_000, solid: $0.0, has: $0.1) }
    defer { for server in servers { server.stop() } }
    #expect(kind(try await ask(servers, .solidAfter(50_000))) == expected)
  }

  /// One node alone that jumps back must not be believed either.
  @Test func aNodeThatFallsBehindItselfKnowsNothing() async throws {
    let head = Mutex<Int64>(100_000)
    let server = try StubHTTPServer { request in
      request.target.hasSuffix("getblock") ? .text(Self.block(head.withLock { $0 })) : .text("{}")
    }
    defer { server.stop() }
    let pool = TronNodePool(nodes: [TronNodeClient(baseURL: server.url, http: HTTPClient(), timeout: .seconds(2))])
    _ = try await pool.read { try await $0.head() }
    head.withLock { $0 = 60_000 }
    let behind = try await pool.presence(proof: .currentHead) { try await $0.account(.zero) }
    #expect(kind(behind) == "unknown")
    // The figures say so, and reads are refused until it has caught up.
    #expect(pool.snapshot().map(\.lags) == [true])
    #expect(await pool.usableNodes().isEmpty)
  }

  @Test func whenNoNodeAnswersTheErrorIsThrown() async throws {
    let server = try StubHTTPServer { _ in .hangUp }
    defer { server.stop() }
    let error = await #expect(throws: TronNodeError.self) { try await ask([server], .currentHead) }
    #expect(error?.code == .unreachable)
  }
}
