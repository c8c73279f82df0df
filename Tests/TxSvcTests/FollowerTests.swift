import Foundation
import TestKit
import Testing

@testable import TxSvc

@Suite("Head and solid blocks are followed beside each other")
struct FollowerTests {
  @Test("while nodes do not answer for solid blocks the head goes on, and what is solid is concluded afterwards")
  func solidBlocksHoldNobodyUp() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let scanned = try await world.scanned()
      chain.state.withLock { $0.holdsSolid = true }
      try await eventually("somebody asks for the solid head") { chain.state.withLock { $0.heldSolid } > 0 }
      for _ in 0..<5 { try chain.produce() }
      let head = chain.state.withLock { $0.blocks[Int($0.head)].id }
      try await eventually("the head is followed") { try await world.cursor()?.blockID == head }
      #expect(chain.state.withLock { $0.heldSolid } > 0)
      #expect(try await world.scanned() == scanned)
      chain.solidify()
      chain.state.withLock { $0.holdsSolid = false }
      try await world.settle()
    }
  }
}
