import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// Follows the chain block by block, once for the whole system: of all replicas the one with the lease reads, and
/// even two at once are harmless, because the cursor advances by compare-and-set in the transaction that writes what
/// was found.
struct BlockFollower: Sendable {
  /// How long a follower that is silent keeps its place.
  static let lease: TimeInterval = 3
  /// Blocks kept below the solid head. None of them can be reorganised away.
  static let keptBlocks: Int64 = 20

  let world: TxEnvironment
  let bus: Bus

  /// One follower's own knowledge; lost with it at no harm.
  private struct Sight {
    var pace = FollowPace()
    var headNumber: Int64 = 0
    var solidDue = ContinuousClock.now
    var isPaced = false
  }

  /// Runs until cancelled. Errors of nodes are waited out; others end it, and the runtime starts it again.
  func run() async throws {
    var sight = Sight()
    while !Task.isCancelled {
      do {
        let pause = try await step(&sight)
        if pause > .zero { try await Task.sleep(for: pause) }
      } catch let error as TronNodeError {
        bus.metrics.counter("energy_tx_node_failures_total", labels: [("code", error.code.rawValue)]).increment()
        bus.logger.warning("the chain cannot be read", metadata: ["error": "\(error)"])
        try await Task.sleep(for: .milliseconds(500))
      }
    }
  }

  /// - Returns: how long to wait before the next step.
  private func step(_ sight: inout Sight) async throws -> Duration {
    guard let cursor = try await CursorLease(bus: bus, nodes: world.nodes).held() else {
      sight = Sight()
      return .milliseconds(500)
    }
    if !sight.isPaced {
      sight.pace = FollowPace(intervalMs: cursor.intervalMs)
      sight.isPaced = true
    }
    if sight.solidDue <= .now {
      sight.headNumber = try await world.nodes.read { try await $0.head().number }
      try await SolidPass(world: world, bus: bus).run(cursor)
      sight.solidDue = .now + sight.pace.solidWait
    }
    guard let block = try await block(cursor.number + 1) else {
      sight.pace.missed()
      return sight.pace.wait(isBehind: false)
    }
    let findings = BlockFindings(world: world, bus: bus)
    guard block.parent == cursor.blockID else {
      try await findings.rewind(cursor)
      return .zero
    }
    sight.pace.found(distanceMs: block.timestamp - cursor.timeMs)
    try await findings.advance(cursor, to: block, headNumber: sight.headNumber, intervalMs: sight.pace.intervalMs)
    return sight.pace.wait(isBehind: block.number < sight.headNumber)
  }

  /// nil while there is none of this number.
  private func block(_ number: Int64) async throws -> ChainBlock? {
    do {
      return try await world.nodes.read { try await $0.block(number: number) }
    } catch let error as TronNodeError where error.code == .notFound {
      return nil
    }
  }
}
