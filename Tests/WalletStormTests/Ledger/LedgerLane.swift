import BusKit
import Foundation
import Postgres
import TestKit

@testable import BusKit

/// One process of the service with a connection that is cut now and then, and the bus before it: it delivers in
/// batches, and again whatever was not acknowledged.
actor LedgerLane {
  private let world: LedgerWorld
  private let proxy: PostgresProxy
  private let (runner, pool): (UnitRunner, PostgresPool)
  /// Another process, which gets some batches at the same moment.
  private let (other, otherPool): (UnitRunner, PostgresPool)
  private let seed: UInt64
  private var random: SeededGenerator
  /// Batches in a thousand that are cut.
  private let cutPermille: Int
  /// Sequences under way, each with what is still to be delivered.
  private var window: [[LedgerDelivery]] = []
  private(set) var report = LaneReport()

  init(_ world: LedgerWorld, number: Int, seed: UInt64, cutPermille: Int) async throws {
    self.world = world
    proxy = try await PostgresProxy.start(upstream: world.server.socketFolder)
    (runner, pool) = world.makeRunner(through: proxy)
    (other, otherPool) = world.makeRunner()
    random = SeededGenerator(seed: seed &- UInt64(number + 1))
    self.seed = seed
    self.cutPermille = cutPermille
  }

  private static let windowMax = 150
  private static let sizes = [1, 3, 10, 40, 80, 120, 200]

  /// Delivers all commands of these sequences.
  func run(_ numbers: some Sequence<Int> & Sendable) async throws {
    var coming = Array(numbers.reversed())
    while true {
      while window.count < Self.windowMax, let number = coming.popLast() {
        // Its commands depend on nothing but the seed and its number, however the batches before it ended.
        var own = SeededGenerator(seed: seed &+ UInt64(number))
        window.append(try LedgerSequence.draw(number, &own).reversed())
      }
      guard !window.isEmpty else { break }
      try await deliver(take(Self.sizes.randomElement(using: &random) ?? 1))
      let causes = report.takeCauses()
      guard !causes.isEmpty else { continue }
      for delivery in try await world.sentToItself(because: causes) {
        window.append(random.chance(200) ? [delivery, delivery] : [delivery])
      }
    }
    report.tally = proxy.tally
    await pool.close()
    await otherPool.close()
    try await proxy.stop()
  }

  /// The next of sequences at random, for a batch.
  private func take(_ size: Int) -> [LedgerDelivery] {
    var batch: [LedgerDelivery] = []
    while batch.count < size, !window.isEmpty {
      let index = Int.random(in: window.indices, using: &random)
      batch.append(window[index].removeLast())
      if window[index].isEmpty {
        window.swapAt(index, window.count - 1)
        window.removeLast()
      }
    }
    return batch
  }

  /// They are delivered again, some time or other and in whatever order.
  private func putBack(_ batch: [LedgerDelivery]) {
    for delivery in batch.shuffled(using: &random) { window.append([delivery]) }
  }

  private func deliver(_ batch: [LedgerDelivery]) async throws {
    report.batches += 1
    for delivery in batch { report.note(delivery, "delivered in batch \(report.batches)") }
    let units = try batch.map { try world.prepare($0.envelope) }
    let cut = drawCut()
    proxy.arm(cut)
    do {
      if cut == nil, random.chance(40) { return try await deliverTwiceAtOnce(batch, units) }
      let result = try await runner.batch(units)
      proxy.arm(nil)
      report.commit(batch, handled: result.handled)
    } catch let error as PostgresError where error.isOutage {
      proxy.arm(nil)
      try await settle(batch)
    } catch {
      proxy.arm(nil)
      guard batch.count == 1 else {
        // As the bus does: each alone, and only the one at fault is buried.
        for delivery in batch { try await deliver([delivery]) }
        return
      }
      report.bury(batch[0], error)
    }
  }

  private func drawCut() -> ProxyCut? {
    guard random.chance(cutPermille) else { return nil }
    return switch Int.random(in: 0..<6, using: &random) {
    case 0: .atCommit
    case 1: .afterCommit
    case 2, 3: proxy.tally.rarestCut.map { .beforeKind($0) }
    default: .before(statement: Int.random(in: 1...max(8, proxy.statementCount), using: &random))
    }
  }

  /// The connection was lost. All of the batch has happened, or nothing; either way all of it comes again.
  private func settle(_ batch: [LedgerDelivery]) async throws {
    try await proxy.settled()
    let ids = Set(batch.map(\.envelope.id))
    let fresh = ids.filter { !report.isHandled($0) }
    let handled = try await world.handled(Array(ids)).intersection(fresh)
    if handled.isEmpty {
      report.crashes.rolledBack += 1
    } else {
      report.crashes.committed += 1
      if handled != fresh { report.torn(batch, handled: handled.count, of: fresh.count) }
      report.commit(batch, handled: fresh.count)
    }
    let what = handled.isEmpty ? "rolled back by a crash" : "committed, unanswered"
    for delivery in batch { report.note(delivery, what) }
    putBack(batch)
  }

  /// A lease has run out while its holder was still at work.
  private func deliverTwiceAtOnce(_ batch: [LedgerDelivery], _ units: [PreparedUnit]) async throws {
    do {
      async let first = runner.batch(units)
      async let second = other.batch(units)
      let handled = try await (first.handled, second.handled)
      report.commit(batch, handled: handled.0 + handled.1)
      report.twiceAtOnce += 1
    } catch {
      // Neither has happened: each message by itself will show why.
      for delivery in batch { report.note(delivery, "failed in two processes: \(error)") }
      try await settle(batch)
    }
  }
}
