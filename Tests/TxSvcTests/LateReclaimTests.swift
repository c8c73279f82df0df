import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("Reclaims that are late")
struct LateReclaimTests {
  private static let lateMs = Int64(FindLateReclaims.lateAfter * 1_000)

  /// An order with one leg to be taken back at this chain time.
  private func stock(
    _ number: Int, endsAtMs: Int64, _ world: PoolWorld, _ leg: LegState = .solid
  ) async throws -> String {
    let (receiver, supplier) = (try Samples.address(UInt8(100 + number)), try Samples.address(1))
    var row = Delegation(
      PoolWorld.message(number, to: receiver, at: Samples.now), correlation: "", now: Samples.now)
    row.state = .reclaiming
    row.startedAtMs = endsAtMs - 3_600_000
    row.endsAtMs = endsAtMs
    let delegation = row
    let id = "\(row.id)/1"
    try await world.bus.transaction { unit in
      try unit.save(delegation)
      try unit.save(
        Leg(
          id: id, orderID: delegation.id, supplier: supplier, energy: Energy(65_000), stake: Sun(7_000_000),
          state: leg, reservedBy: nil, isCounted: true))
    }
    return id
  }

  /// Lets the search run once and waits for its end.
  private func look(_ world: PoolWorld) async throws {
    try await world.bus.transaction { try $0.start(FindLateReclaims()) }
    try await eventually(within: .seconds(20), "the search has ended") {
      try await world.bus.read {
        try $0.execute("select 1 from effects where kind = $1", [.text(FindLateReclaims.kind)]).rows.isEmpty
      }
    }
  }

  @Test("each is told once when it is late and once when its sun is back, however often is looked")
  func once() async throws {
    try await PoolWorld.run { world in
      try await world.stock([])
      let late = try await stock(1, endsAtMs: PoolWorld.headMs - Self.lateMs - 1, world)
      _ = try await stock(2, endsAtMs: PoolWorld.headMs - Self.lateMs, world)
      _ = try await stock(3, endsAtMs: PoolWorld.headMs + 1, world)
      _ = try await stock(4, endsAtMs: PoolWorld.headMs - Self.lateMs - 1, world, .reclaimed)
      try await look(world)
      try await look(world)
      let told = try await world.published(ReclaimOverdue.self)
      #expect(told.map(\.leg) == [late])
      #expect(told.first?.settledAt == nil)
      #expect(told.first?.dueAt.chainMilliseconds == PoolWorld.headMs - Self.lateMs - 1)

      try await world.bus.transaction(needs: [.row(Leg.self, late)]) { unit in
        guard var leg = try unit.find(Leg.self, late) else { throw TestKitError("no leg \(late)") }
        leg.state = .reclaimed
        leg.isCounted = false
        try unit.save(leg)
      }
      try await look(world)
      try await look(world)
      let all = try await world.published(ReclaimOverdue.self)
      try #require(all.count == 2)
      #expect(all[0].seq < all[1].seq)
      #expect(all.last?.leg == late)
      #expect(all.last?.settledAt != nil)
    }
  }

  @Test("what is told next has a later number than all before it, also after a restore that has forgotten them")
  func numbers() {
    let ms = Samples.now.chainMilliseconds
    #expect(EventSeq.next(after: 0, Samples.now) == ms)
    #expect(EventSeq.next(after: ms, Samples.now) == ms + 1)
    #expect(EventSeq.next(after: ms + 7, Samples.now) == ms + 8)
  }
}
