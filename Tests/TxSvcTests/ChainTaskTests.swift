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

  @Test("are passed over where no node can give them, so that other tasks have their turn")
  func passedOver() async throws {
    try await ChainWorld.run(try FakeChain()) { world in
      try await world.settle()
      try await Self.begin(98...99, world)
      await #expect(throws: TronNodeError.self) { try await Self.read(98, mayPass: false, world) }
      #expect(try await Self.next(world) == 98)
      try await Self.read(98, mayPass: true, world)
      #expect(try await Self.next(world) == 99)
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
