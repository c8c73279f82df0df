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
  private static let rewindsMax = 3
  /// Between two looks at whether something is due.
  private static let pause: Duration = .milliseconds(100)

  let world: TxEnvironment
  let bus: Bus
  let reader: ChainReader
  private let sight = FollowerSight()

  init(world: TxEnvironment, bus: Bus) {
    self.world = world
    self.bus = bus
    reader = ChainReader(world.nodes, bus.metrics)
  }

  /// Runs until cancelled. Errors of nodes are waited out; others end it, and the runtime starts it again.
  ///
  /// Customers wait for the head: so it is followed beside the conclusions of solid blocks, which may take long. The
  /// two are as harmless to each other as two followers.
  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await followHead() }
      group.addTask { try await followSolid() }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  // MARK: - The head

  private func followHead() async throws {
    while !Task.isCancelled {
      do {
        let due = try await step()
        if due > .now { try await Task.sleep(until: due, clock: .continuous) }
      } catch let error as TronNodeError {
        note(error)
        try await Task.sleep(for: .milliseconds(500))
      }
    }
  }

  /// - Returns: when the next step is due.
  private func step() async throws -> ContinuousClock.Instant {
    guard let (cursor, now) = try await CursorLease(bus: bus, reader: reader).held() else {
      sight.forget()
      return .now + .milliseconds(500)
    }
    if !sight.hasBegun {
      let head = try await reader.read(.head) { try await $0.head().number }
      sight.begin(intervalMs: cursor.intervalMs, headNumber: head, network: try await checkNetwork())
    }
    guard !sight.headRests(at: cursor.number) else { return .now + Self.pause }
    let asked = ContinuousClock.now
    var number = cursor.number
    switch try await next(cursor, isStalled: sight.pace.isStalled) {
    case .missing: sight.missed(after: number)
    case .forked:
      try await BlockFindings(world: world, bus: bus).rewind(cursor)
      return .now
    case .block(let block):
      let (headNumber, intervalMs) = sight.found(block, after: cursor.timeMs, at: now)
      guard
        let moved = try await BlockFindings(world: world, bus: bus).advance(
          cursor, to: block, headNumber: headNumber, intervalMs: intervalMs)
      else { return .now }
      number = moved.number
    }
    return asked + sight.wait(behind: number)
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

  private func followSolid() async throws {
    var due = ContinuousClock.now
    // When transactions that were found late are looked at: what cannot be finished costs calls each time.
    var lateDue = ContinuousClock.now
    while !Task.isCancelled {
      guard sight.hasBegun, due <= .now || sight.blocksSinceLook >= Self.blocksPerLook else {
        try await Task.sleep(for: Self.pause)
        continue
      }
      due = .now + sight.pace.solidWait
      sight.look()
      do {
        let (cursor, now) = try await bus.read { try BlockCursor.readWithTime($0) }
        guard let cursor, cursor.follower == bus.process, cursor.leaseUntil > now else { continue }
        try await reader.write(at: now, bus) { _ in }
        if lateDue <= .now, try await !pass.finishLate() { lateDue = .now + Self.lateWait }
        try await lookAtSolid(cursor)
      } catch let error as TronNodeError {
        note(error)
      } catch let error as TransientFailure {
        bus.metrics.counter("energy_tx_solid_failures_total").increment()
        bus.logger.warning("solid blocks wait", metadata: ["error": "\(error)"])
      }
    }
  }

  private var pass: SolidPass { SolidPass(world: world, bus: bus, reader: reader, shelf: sight.shelf) }

  /// Everything up to the solid head of now.
  private func lookAtSolid(_ cursor: BlockCursor) async throws {
    let anchor = try await anchor(cursor)
    while true {
      switch try await pass.run(cursor, anchor) {
      case .more: continue
      case .finished: return
      case .forked(let block): return try await sight.whileHeadRests { try await rewind(block) }
      }
    }
  }

  /// A step of the head's that was under way may still move the cursor: then it is tried again.
  /// - Parameter block: was followed, and is not solid. What was followed instead meanwhile is left alone.
  private func rewind(_ block: BlockID) async throws {
    for _ in 0..<Self.rewindsMax {
      let (cursor, followed) = try await bus.read { session in
        (try BlockCursor.read(session), try FollowedBlock.read(block.number, session))
      }
      guard let cursor, followed?.blockID == block else { return }
      if try await pass.rewind(cursor, below: block.number) { return }
    }
  }

  /// The solid head; where that is beyond the cursor, the solid block of the cursor's number.
  private func anchor(_ cursor: BlockCursor) async throws -> SolidAnchor {
    let solid = try await reader.solidHead(followed: cursor.number, on: sight.network)
    sight.atLeast(solid.block.number)
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
