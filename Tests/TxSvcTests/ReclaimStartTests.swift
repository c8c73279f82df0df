import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("The end of a rental")
struct ReclaimStartTests {
  private static let durationSeconds: Int64 = 600

  /// A final order with a leg on chain that ends so much chain time after the followed head.
  private func stock(
    _ world: PoolWorld, endsInMs: Int64, _ change: (inout Delegation) -> Void = { _ in }
  ) async throws -> (message: ReclaimEnergy, leg: String) {
    let wallet = try world.wallet(trx: 20_000)
    var lending = wallet
    lending.delegated = Sun(5_000_000)
    try await world.stock([lending])
    let (receiver, endsAtMs) = (try Samples.address(0xaa), PoolWorld.headMs + endsInMs)
    var delegation = Delegation(
      PoolWorld.message(1, to: receiver, at: Samples.now), correlation: "", now: Samples.now)
    delegation.state = .final
    delegation.durationSeconds = Self.durationSeconds
    delegation.startedAtMs = endsAtMs - Self.durationSeconds * 1_000
    change(&delegation)
    let order = delegation
    let leg = Leg(
      id: "\(order.id)/1", orderID: order.id, supplier: wallet.address, energy: Energy(1), stake: Sun(5_000_000),
      state: .solid, reservedBy: nil, isCounted: true, lentTo: receiver, blockNumber: 300, blockTimeMs: 1_000_000)
    try await world.bus.transaction { unit in
      try unit.save(order)
      try unit.save(leg)
    }
    let endsAt = Date(chainMilliseconds: endsAtMs)
    return (
      ReclaimEnergy(
        order: order.id, receiver: receiver, endsAt: endsAt,
        seal: .reclaim(order: order.id, receiver: receiver, endsAt: endsAt, key: Samples.orderKey)), leg.id
    )
  }

  /// When the leg's reclaim runs next.
  private func nextRun(_ leg: String, _ world: PoolWorld) async throws -> Date? {
    try await world.bus.read {
      try $0.execute(
        "select next_at from effects where kind = $1 and order_key = $2", [.text(ReclaimLeg.kind), .text(leg)]
      ).rows.first?.date("next_at")
    }
  }

  @Test("starts its reclaim when the followed head can have come so far, and no sooner")
  func start() async throws {
    try await PoolWorld.run { world in
      let (message, leg) = try await stock(world, endsInMs: 25_000)
      try await world.bus.transaction { try $0.publish(message) }
      try await eventually(within: .seconds(20)) { try await nextRun(leg, world) != nil }
      let (head, next) = (try await world.rows(BlockCursor.self).first, try await nextRun(leg, world))
      let wait = try #require(next).timeIntervalSince(try #require(head).advancedAt)
      // Nine blocks of three seconds, and half a one.
      #expect(abs(wait - 28.5) < 0.01)
      #expect(try await world.rows(Delegation.self).map(\.state) == [.reclaiming])
    }
  }

  @Test("waits for no order that is being planned: the wallets stay free")
  func wallets() async throws {
    try await PoolWorld.run { world in
      let (message, _) = try await stock(world, endsInMs: 25_000)
      async let published: Void = world.bus.transaction { try $0.publish(message) }
      let isEnding = try await world.bus.read { session in
        try session.transaction {
          _ = try session.execute("select 1 from supplier_wallets for update")
          for _ in 0..<200 {
            let found = try session.execute("select 1 from delegations where state = 'reclaiming'").rows
            if !found.isEmpty { return true }
            _ = try session.execute("select pg_sleep(0.05)")
          }
          return false
        }
      }
      try await published
      #expect(isEnding)
    }
  }

  @Test("that the signer refuses is told by its code and tried again in a minute")
  func refused() async throws {
    try await PoolWorld.run { world in
      let (message, leg) = try await stock(world, endsInMs: 0) { order in
        order.state = .reclaiming
        order.endsAtMs = PoolWorld.headMs
        order.reclaimSeal = .reclaim(
          order: order.id, receiver: order.receiver, endsAt: Samples.now, key: Samples.orderKey)
      }
      try await world.bus.transaction { try $0.start(ReclaimLeg(legID: leg, order: message.order)) }
      let refused = #"energy_tx_signing_refused_total{code="not_sealed"} 1"#
      try await eventually(within: .seconds(20)) { world.bus.metrics.render().contains(refused) }
      let now = try await world.now()
      try await eventually(within: .seconds(20), "the next try is a minute later") {
        try await (nextRun(leg, world)?.timeIntervalSince(now)).map { $0 > 30 } ?? false
      }
      #expect(try await world.rows(StoredTransaction.self).isEmpty)
    }
  }
}
