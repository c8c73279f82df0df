import BusKit
import Foundation
import Synchronization
import TestKit
import Testing

@testable import TxSvc

@Suite("Head and solid blocks are followed beside each other")
struct FollowerTests {
  @Test("while the conclusions of a solid block are held up, the head goes on, and they are drawn afterwards")
  func solidBlocksHoldNobodyUp() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let isReleased = Mutex(false)
      async let holder: Void = world.bus.read { session in
        _ = try session.execute(
          "with held as materialized (select 1 from solid_scan for update) select pg_sleep(2.5) from held")
        isReleased.withLock { $0 = true }
      }
      try await eventually("the solid blocks are held up") {
        try await world.bus.read {
          try $0.execute("select 1 from pg_stat_activity where wait_event = 'PgSleep'").rows.count == 1
        }
      }
      try chain.produce()
      chain.solidify()
      try await eventually("somebody waits for them") {
        try await world.bus.read {
          try !$0.execute("select 1 from pg_stat_activity where wait_event_type = 'Lock'").rows.isEmpty
        }
      }
      for _ in 0..<3 { try chain.produce() }
      let head = chain.state.withLock { $0.blocks[Int($0.head)].id }
      try await eventually("the head is followed") { try await world.cursor()?.blockID == head }
      #expect(isReleased.withLock { $0 } == false)
      try await holder
      chain.solidify()
      try await world.settle()
    }
  }
}
