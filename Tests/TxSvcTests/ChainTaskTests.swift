import BusKit
import Foundation
import Postgres
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("Blocks that are read again")
struct ChainTaskTests {
  private static let task = "gap"

  private static func begin(_ blocks: ClosedRange<Int64>, _ world: ChainWorld) async throws {
    try await world.bus.transaction { unit in
      try unit.save(ChainTask(id: task, kind: .rescan, blocks: blocks, now: unit.now))
    }
  }

  private static func read(_ block: Int64, mayPass: Bool, _ world: ChainWorld) async throws {
    let ground = try #require(try await world.bus.read { try ChainTaskStep.Ground.read(task, $0) })
    let reader = ChainReader(world.world.nodes, world.bus.metrics)
    let rescan = BlockRescan(world: world.world, bus: world.bus, reader: reader)
    try await rescan.run(ground, block: block, mayPass: mayPass)
  }

  private static func next(_ world: ChainWorld) async throws -> Int64? {
    try await world.rows(ChainTask.self).first { $0.id == task }?.next
  }

  private static func passed(_ world: ChainWorld) async throws -> Int64? {
    try await world.rows(ChainTask.self).first { $0.id == task }?.passed
  }

  /// Of the task's effect, which takes `$1`.
  private static let effect = #"kind = $1 and convert_from(payload, 'UTF8') like '%"\#(task)"%'"#

  /// The bus runs the task's step until it has failed once, and then as if it had failed ten times.
  private static func startLastTry(_ world: ChainWorld) async throws {
    try await world.bus.transaction { try $0.start(ChainTaskStep(task: task)) }
    try await eventually(within: .seconds(20), "the first run has failed") {
      try await world.bus.read { session in
        try session.execute(
          "update effects set attempts = 10 where attempts > 0 and lease_until is null and \(effect)",
          [.text(ChainTaskStep.kind)]
        ).affected == 1
      }
    }
  }

  @Test("are passed over where no node can give them, so that other tasks have their turn")
  func passedOver() async throws {
    try await ChainWorld.run(try FakeChain()) { world in
      try await world.settle()
      try await Self.begin(98...99, world)
      await #expect(throws: TronNodeError.self) { try await Self.read(98, mayPass: false, world) }
      #expect(try await Self.next(world) == 98)
      try await Self.read(98, mayPass: true, world)
      #expect(try await Self.next(world) == 99)
      #expect(try await Self.passed(world) == 1)
    }
  }

  @Test("are passed over after ten tries that every node's lack of them has failed, and are counted")
  func counted() async throws {
    try await ChainWorld.run(try FakeChain()) { world in
      try await world.settle()
      try await Self.begin(98...98, world)
      try await Self.startLastTry(world)
      try await eventually(within: .seconds(20), "the task is finished") {
        try await world.rows(ChainTask.self).first { $0.id == Self.task }?.finishedAt != nil
      }
      #expect(try await Self.passed(world) == 1)
      #expect(try await ChainStatus.view(world.bus).passed == 1)
      try await eventually {
        world.bus.metrics.render().contains(#"energy_tx_blocks_passed_total{kind="rescan"} 1"#)
      }
    }
  }

  @Test("wait for a node that is out, and do not hold up other tasks meanwhile")
  func outage() async throws {
    try await ChainWorld.run(try FakeChain()) { world in
      try await world.settle()
      world.chain.state.withLock { $0.statuses["getblockbynum"] = 502 }
      try await Self.begin(15...15, world)
      try await Self.startLastTry(world)
      try await eventually(within: .seconds(20), "it waits by its own wish") {
        try await world.bus.read { session in
          try session.execute(
            """
            select 1 from effects where attempts = 0 and place > 0 and lease_until is null
              and next_at > clock_timestamp() + interval '200 seconds' and \(Self.effect)
            """, [.text(ChainTaskStep.kind)]
          ).rows.count == 1
        }
      }
      #expect(try await Self.next(world) == 15)
      #expect(try await Self.passed(world) == 0)
      world.chain.state.withLock { $0.statuses = [:] }
      try await Self.read(15, mayPass: true, world)
      #expect(try await Self.next(world) == 16)
      #expect(try await Self.passed(world) == 0)
    }
  }

  @Test(
    "are not passed over while one node that may have them is out, wherever it stands in the list",
    arguments: [502, 429], [true, false])
  func oneOut(status: Int, isFirst: Bool) async throws {
    let (lacking, out) = (try FakeChain(solid: 20), try FakeChain(solid: 20))
    try await ChainWorld.run(isFirst ? out : lacking, others: [isFirst ? lacking : out]) { world in
      try await Self.begin(98...98, world)
      out.state.withLock { $0.statuses["getblockbynum"] = status }
      // The second time a node that asked to be left alone is not asked.
      for _ in 0..<2 {
        let error = await #expect(throws: TronNodeError.self) { try await Self.read(98, mayPass: true, world) }
        #expect(error?.isLacking == false)
      }
      #expect(try await Self.next(world) == 98)
    }
  }

  @Test("receipts that a node lacks are no contradiction, those of other transactions are")
  func receipts() async throws {
    let chain = try FakeChain()
    let (from, to) = (try Samples.address(1), try Samples.address(2))
    func pay(_ salt: Int64) -> FakeChain.Transaction {
      FakeChain.Transaction(.transfer(owner: from, to: to, amount: Sun(1)), salt: salt)
    }
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      _ = try await world.watch([try Samples.address(6)])
      let (one, other) = (try chain.produce([pay(1)]), try chain.produce([pay(2)]))
      let two = try chain.produce([pay(3), pay(4)])
      chain.solidify()
      try await world.settle()
      try await Self.begin(one.number...one.number, world)
      func code(_ change: (inout FakeChain.State) -> Void) async throws -> TronNodeError.Code? {
        chain.state.withLock { change(&$0) }
        let error = await #expect(throws: TronNodeError.self) {
          try await Self.read(one.number, mayPass: false, world)
        }
        return error?.code
      }
      #expect(try await code { $0.receiptsOf = [one.number: other.number] } == .malformed)
      #expect(try await code { $0.receiptsOf = [one.number: two.number] } == .unsupported)
      #expect(try await code { $0.hasStaleReceipts = true } == .unsupported)
    }
  }

  @Test("are asked of the next node where the first does not have them")
  func nextNode() async throws {
    let (short, whole) = (try FakeChain(solid: 20), try FakeChain(solid: 30))
    try await ChainWorld.run(short, others: [whole]) { world in
      try await Self.begin(25...25, world)
      try await Self.read(25, mayPass: false, world)
      #expect(try await Self.next(world) == 26)
    }
  }
}
