import HTTPClient
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("What was kept of solid blocks", .timeLimit(.minutes(1)))
struct RecordComparisonTests {
  @Test("is compared with the last node of the list that is well, not with one that rests")
  func node() async throws {
    let (chain, http) = (StubChain(), HTTPClient())
    let servers = [try chain.serve(), try chain.serve(broadcast: { _ in .hangUp })]
    defer { for server in servers { server.stop() } }
    let pool = TronNodePool(
      nodes: servers.map { TronNodeClient(baseURL: $0.url, http: http, timeout: .seconds(10)) },
      headInterval: .seconds(60))
    #expect(await RecordComparison.node(of: pool)?.name == pool.nodes[1].name)
    let signed = SignedTransaction(rawBytes: [1], signatures: [])
    for _ in 0..<3 { _ = await pool.nodes[1].broadcast(signed) }
    #expect(await pool.usableNodes().map(\.name) == pool.nodes.map(\.name))
    #expect(await RecordComparison.node(of: pool)?.name == pool.nodes[0].name)
    await http.close()
  }
}
