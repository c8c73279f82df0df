import BusKit
import HTTPClient
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("What was kept of solid blocks", .timeLimit(.minutes(1)))
struct RecordComparisonTests {
  private static let block: Int64 = 5
  private static let task = "comparison"

  @Test("is compared with the last node of the list that is well, not with one that rests")
  func node() async throws {
    let (chain, http) = (StubChain(), HTTPClient())
    let servers = [try chain.serve(), try chain.serve(broadcast: { _ in .hangUp })]
    defer { for server in servers { server.stop() } }
    let pool = TronNodePool(
      nodes: servers.map { TronNodeClient(baseURL: $0.url, http: http, timeout: .seconds(10)) },
      headInterval: .seconds(60))
    #expect(await RecordComparison.nodes(of: pool).map(\.name) == pool.nodes.reversed().map(\.name))
    let signed = SignedTransaction(rawBytes: [1], signatures: [])
    for _ in 0..<3 { _ = await pool.nodes[1].broadcast(signed) }
    #expect(await pool.usableNodes().map(\.name) == pool.nodes.map(\.name))
    #expect(await RecordComparison.nodes(of: pool).map(\.name) == [pool.nodes[0].name])
    await http.close()
  }

  /// A record that counts other transactions than its block has, and the task of comparing it.
  private static func begin(_ world: ChainWorld) async throws {
    let id = world.chain.state.withLock { $0.blocks[Int(block)].id }
    try await world.bus.transaction { unit in
      try unit.save(SolidBlock(number: block, blockID: id, timeMs: 0, transactions: 7, ours: 0, deposits: 0))
      try unit.save(ChainTask(id: task, kind: .compare, blocks: block...block, now: unit.now))
    }
  }

  private static func compare(mayPass: Bool, _ world: ChainWorld) async throws {
    let ground = try #require(try await world.bus.read { try ChainTaskStep.Ground.read(task, $0) })
    let reader = ChainReader(world.world.nodes, world.bus.metrics)
    try await RecordComparison(world: world.world, bus: world.bus, reader: reader).run(ground, mayPass: mayPass)
  }

  private static func row(_ world: ChainWorld) async throws -> ChainTask {
    try #require(try await world.rows(ChainTask.self).first { $0.id == task })
  }

  /// Why a node does not give a block in a list.
  enum Fault: Sendable, CaseIterable {
    case isLite, lacks, isOut

    func apply(to chain: FakeChain) {
      chain.state.withLock { state in
        switch self {
        case .isLite: state.isLite = true
        case .lacks: state.unlisted = [RecordComparisonTests.block]
        case .isOut: state.statuses["getblockbylimitnext"] = 502
        }
      }
    }
  }

  @Test("is compared with another node where the last one does not give the blocks", arguments: Fault.allCases)
  func another(fault: Fault) async throws {
    let (whole, poor) = (try FakeChain(), try FakeChain())
    fault.apply(to: poor)
    try await ChainWorld.run(whole, others: [poor]) { world in
      try await Self.begin(world)
      try await Self.compare(mayPass: false, world)
      let row = try await Self.row(world)
      #expect(row.findings == 1 && row.passed == 0 && row.finishedAt != nil)
      #expect(poor.calls["getblockbylimitnext"] ?? 0 > 0)
    }
  }

  @Test("is passed over, and counted, only where each node lacks it", arguments: [Fault.isLite, .lacks])
  func passedOver(fault: Fault) async throws {
    let (first, last) = (try FakeChain(), try FakeChain())
    fault.apply(to: last)
    Fault.isOut.apply(to: first)
    try await ChainWorld.run(first, others: [last]) { world in
      try await Self.begin(world)
      await #expect(throws: TronNodeError.self) { try await Self.compare(mayPass: true, world) }
      #expect(try await Self.row(world).next == Self.block)
      first.state.withLock { $0.statuses = [:] }
      fault.apply(to: first)
      await #expect(throws: (any Error).self) { try await Self.compare(mayPass: false, world) }
      #expect(try await Self.row(world).next == Self.block)
      try await Self.compare(mayPass: true, world)
      let row = try await Self.row(world)
      #expect(row.findings == 0 && row.passed == 1 && row.finishedAt != nil)
      #expect(world.bus.metrics.render().contains(#"energy_tx_blocks_passed_total{kind="compare"} 1"#))
    }
  }
}
