import BusKit
import Foundation
import TronKit

/// Decides which replica follows. Postgres' clock judges the lease.
struct CursorLease: Sendable {
  let bus: Bus
  let reader: ChainReader

  /// The cursor and Postgres' time, when this process may follow; made at the solid head when there is none.
  func held() async throws -> (BlockCursor, now: Date)? {
    let process = bus.process
    let (cursor, now) = try await bus.read { try BlockCursor.readWithTime($0) }
    guard let cursor else { return try await create().map { ($0, now) } }
    let left = cursor.leaseUntil.timeIntervalSince(now)
    if cursor.follower == process, left > BlockFollower.lease / 2 { return (cursor, now) }
    if cursor.follower != process, left > 0 { return nil }
    return try await take().map { ($0, now) }
  }

  private func take() async throws -> BlockCursor? {
    let process = bus.process
    return try await bus.transaction(needs: [.row(BlockCursor.self, BlockCursor.key)]) { unit in
      guard var cursor = try unit.find(BlockCursor.self, BlockCursor.key) else { return nil }
      guard cursor.follower == process || cursor.leaseUntil <= unit.now else { return nil }
      cursor.follower = process
      cursor.leaseUntil = unit.now.addingTimeInterval(BlockFollower.lease)
      try unit.save(cursor)
      return cursor
    }
  }

  /// From the solid head on: nothing of ours can be in an older block, because nothing is signed, and no address
  /// watched, before there is a cursor.
  private func create() async throws -> BlockCursor? {
    let process = bus.process
    let anchor = try await reader.solidHead(followed: 0, on: try await reader.network().network)
    if case .differs(let other) = try await SolidWitness(bus: bus, reader: reader).word(on: anchor) {
      bus.metrics.counter("energy_tx_solid_conflicts_total").increment()
      throw InvariantViolation(
        "\(anchor.node) has the solid block \(anchor.block.id) and another node \(other): "
          + "ENERGY_TRON_NODES must be of one network")
    }
    let solid = anchor.block
    let head = try await reader.read(.head) { try await $0.head() }
    let distance = head.number - solid.number
    let pace = FollowPace(
      intervalMs: distance > 0 ? (head.timestamp - solid.timestamp) / distance : FollowPace.mainnetIntervalMs)
    return try await bus.transaction(needs: [.row(BlockCursor.self, BlockCursor.key)]) { unit in
      if try unit.find(BlockCursor.self, BlockCursor.key) != nil { return nil }
      let cursor = BlockCursor(
        id: BlockCursor.key, number: solid.number, blockID: solid.id, timeMs: solid.timestamp, advancedAt: unit.now,
        headNumber: head.number, solidNumber: solid.number, solidBlockID: solid.id, solidTimeMs: solid.timestamp,
        intervalMs: pace.intervalMs, follower: process,
        leaseUntil: unit.now.addingTimeInterval(BlockFollower.lease))
      try unit.save(cursor)
      return cursor
    }
  }
}
