import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// Follows the chain block by block, once for the whole system: of all replicas the one with the lease reads, and
/// even two at once are harmless, because the cursor advances by compare-and-set in the transaction that writes what
/// was found.
///
/// It asks for a block when one is due, for the solid head every 9 s, and for the head only when it begins: whether
/// it lags it sees by the blocks' age.
struct BlockFollower: Sendable {
  /// How long a follower that is silent keeps its place.
  static let lease: TimeInterval = 3
  /// Blocks kept below the solid head. None of them can be reorganised away.
  static let keptBlocks: Int64 = 20
  /// While it catches up, the solid head is looked at after so many blocks: those are still on the shelf.
  private static let blocksPerLook = 40
  private static let lateWait: Duration = .seconds(60)

  let world: TxEnvironment
  let bus: Bus
  let reader: ChainReader

  init(world: TxEnvironment, bus: Bus) {
    self.world = world
    self.bus = bus
    reader = ChainReader(world.nodes, bus.metrics)
  }

  /// One follower's own knowledge; lost with it at no harm.
  private struct Sight {
    var pace = FollowPace()
    var headNumber: Int64 = 0
    var shelf = BlockShelf()
    var hasBegun = false
    var solidDue = ContinuousClock.now
    var blocksSinceLook = 0
    /// A solid block up to which not everything was looked through yet.
    var unfinished: SolidAnchor?
    /// When transactions that were found late are looked at: what cannot be finished costs calls each time.
    var lateDue = ContinuousClock.now
    var network: ChainNetwork?
  }

  /// Runs until cancelled. Errors of nodes are waited out; others end it, and the runtime starts it again.
  func run() async throws {
    var sight = Sight()
    while !Task.isCancelled {
      do {
        let due = try await step(&sight)
        if due > .now { try await Task.sleep(until: due, clock: .continuous) }
      } catch let error as TronNodeError {
        note(error)
        try await Task.sleep(for: .milliseconds(500))
      }
    }
  }

  /// - Returns: when the next step is due.
  private func step(_ sight: inout Sight) async throws -> ContinuousClock.Instant {
    guard let (held, now) = try await CursorLease(bus: bus, reader: reader).held() else {
      sight = Sight()
      return .now + .milliseconds(500)
    }
    var cursor = held
    if !sight.hasBegun {
      sight.pace = FollowPace(intervalMs: cursor.intervalMs)
      sight.headNumber = try await reader.read(.head) { try await $0.head().number }
      sight.network = try await checkNetwork()
      sight.hasBegun = true
    }
    let asked = ContinuousClock.now
    switch try await next(cursor, isStalled: sight.pace.isStalled) {
    case .missing:
      sight.pace.missed()
      sight.headNumber = cursor.number
    case .forked:
      try await BlockFindings(world: world, bus: bus).rewind(cursor)
      return .now
    case .block(let block):
      sight.shelf.put(block)
      sight.blocksSinceLook += 1
      sight.pace.found(distanceMs: block.timestamp - cursor.timeMs, ageMs: now.chainMilliseconds - block.timestamp)
      sight.headNumber = max(sight.headNumber, block.number + sight.pace.blocksLate)
      guard
        let moved = try await BlockFindings(world: world, bus: bus).advance(
          cursor, to: block, headNumber: sight.headNumber, intervalMs: sight.pace.intervalMs)
      else { return .now }
      cursor = moved
    }
    if try await lookAtSolid(cursor, now, &sight) { return .now }
    return asked + sight.pace.wait(isBehind: cursor.number < sight.headNumber && sight.pace.misses == 0)
  }

  /// A token of another network would hide every deposit.
  private func checkNetwork() async throws -> ChainNetwork? {
    let (network, genesis) = try await reader.network()
    if let genesis, let mistake = ChainNetwork.mistake(token: world.deposits.token, genesis: genesis) {
      throw InvariantViolation(mistake)
    }
    return network
  }

  // MARK: - The next block

  private enum Next: Sendable {
    case missing
    case block(ChainBlock)
    /// The cursor's block is no longer the chain's.
    case forked
  }

  /// What one node says follows the cursor's block. A block with another parent counts only from a node that holds
  /// that parent too: gateways answer for several nodes, not all of them of one mind.
  private func next(_ cursor: BlockCursor, isStalled: Bool) async throws -> Next {
    try await reader.read(.block) { node in
      guard let next = try await found({ try await node.block(number: cursor.number + 1) }) else {
        return isStalled ? try await lookBack(cursor, node) : .missing
      }
      if next.parent == cursor.blockID {
        return next.timestamp > cursor.timeMs ? .block(next) : try await turnedBack(next, cursor, node)
      }
      reader.count(.fork)
      guard let here = try await found({ try await node.block(number: cursor.number) }), here.id == next.parent else {
        return .missing
      }
      guard cursor.number > cursor.solidNumber else {
        bus.metrics.counter("energy_tx_solid_conflicts_total").increment()
        // As an error of this node, so that the others are asked.
        throw TronNodeError(
          .refused, "\(node.name) has block \(here.id) in the place of the solid \(cursor.blockID): wrong network?")
      }
      return .forked
    }
  }

  /// A block is later than its parent, so that this node is wrong or the one that told the cursor's time was. The
  /// cursor's block is read again only where this node dates it otherwise.
  private func turnedBack(_ next: ChainBlock, _ cursor: BlockCursor, _ node: TronNodeClient) async throws -> Next {
    reader.count(.fork)
    let here = try await found { try await node.block(number: cursor.number) }
    guard let here, here.id == cursor.blockID, here.timestamp < next.timestamp else {
      throw TronNodeError(
        .malformed, "\(node.name) dates block \(next.id) \(next.timestamp), not after its parent's \(cursor.timeMs)")
    }
    bus.metrics.counter("energy_tx_wrong_block_times_total").increment()
    // A solid block stays, and its time is left behind with it.
    return cursor.number > cursor.solidNumber ? .forked : .block(next)
  }

  /// There has been no next block for long. A node that lags holds the blocks that were followed; one whose chain went
  /// another way, and is shorter yet, does not.
  private func lookBack(_ cursor: BlockCursor, _ node: TronNodeClient) async throws -> Next {
    reader.count(.fork)
    let head = try await node.head()
    guard head.number > cursor.solidNumber, head.number <= cursor.number else { return .missing }
    var followed: BlockID? = cursor.blockID
    if head.number < cursor.number {
      followed = try await bus.read { try FollowedBlock.read(head.number, $0) }?.blockID
    }
    guard let followed, followed != head.id else { return .missing }
    return .forked
  }

  /// nil where there is none of this number.
  private func found(_ block: () async throws -> ChainBlock) async throws -> ChainBlock? {
    do {
      return try await block()
    } catch let error as TronNodeError where error.code == .notFound {
      return nil
    }
  }

  // MARK: - Solid blocks

  /// Trouble with solid blocks is waited out without holding up the head.
  /// - Returns: whether the cursor was taken back.
  private func lookAtSolid(_ cursor: BlockCursor, _ now: Date, _ sight: inout Sight) async throws -> Bool {
    let isDue = sight.solidDue <= .now || sight.blocksSinceLook >= Self.blocksPerLook
    guard isDue || sight.unfinished != nil else { return false }
    let pass = SolidPass(world: world, bus: bus, reader: reader, shelf: sight.shelf)
    try await reader.write(at: now, bus) { _ in }
    do {
      if isDue {
        sight.solidDue = .now + sight.pace.solidWait
        sight.blocksSinceLook = 0
        if sight.lateDue <= .now, try await !pass.finishLate() { sight.lateDue = .now + Self.lateWait }
        sight.unfinished = try await anchor(cursor, &sight)
      }
      var isRewound = false
      if let anchor = sight.unfinished {
        switch try await pass.run(cursor, anchor) {
        case .finished: sight.unfinished = nil
        case .more: break
        case .rewound:
          sight.unfinished = nil
          isRewound = true
        }
      }
      return isRewound
    } catch let error as TronNodeError {
      note(error)
    } catch let error as TransientFailure {
      bus.metrics.counter("energy_tx_solid_failures_total").increment()
      bus.logger.warning("solid blocks wait", metadata: ["error": "\(error)"])
    }
    sight.unfinished = nil
    return false
  }

  /// The solid head; where that is beyond the cursor, the solid block of the cursor's number.
  private func anchor(_ cursor: BlockCursor, _ sight: inout Sight) async throws -> SolidAnchor {
    let solid = try await reader.solidHead(followed: cursor.number, on: sight.network)
    sight.headNumber = max(sight.headNumber, solid.block.number)
    guard solid.block.number > cursor.number else { return solid }
    return try await reader.read(.block) { node in
      SolidAnchor(block: try await node.block(number: cursor.number, solid: true), node: node.name)
    }
  }

  private func note(_ error: TronNodeError) {
    bus.metrics.counter("energy_tx_node_failures_total", labels: [("code", error.code.rawValue)]).increment()
    bus.logger.warning("the chain cannot be read", metadata: ["error": "\(error)"])
  }
}
