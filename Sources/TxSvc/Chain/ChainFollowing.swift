import BusKit
import Contracts
import Foundation
import TronKit

/// What concerns the chain as a whole: following it, deposits, the record of solid blocks.
enum ChainFollowing {
  static func register(in service: inout Service, _ world: TxEnvironment) {
    service.handle(WatchAddresses.self, needs: WatchHandlers.needs) { try WatchHandlers.watch($0, $1) }
    service.handle(RescanBlocks.self, needs: WatchHandlers.needs) { try WatchHandlers.rescan($0, $1) }
    service.effect(ChainTaskStep.self, policy: ChainTaskStep.policy) { try await ChainTaskStep.run($0, $1, world) }
    service.answer(GetChainStatus.self) { _, bus in try await ChainStatus.view(bus) }
    service.every("compare the chain record", .seconds(600), needs: needsToCompare) {
      try compareNightly($0, world)
    }
    service.background("follow blocks") { try await BlockFollower(world: world, bus: $0).run() }
    service.background("watch the head") { try await HeadWatch(world: world, bus: $0).run() }
    service.beforeMetrics { try await ChainStatus.refreshMetrics($0) }
  }

  static let needsToCompare: [Need] = [
    .all(ChainTask.self), .row(ScanCursor.self, ScanCursor.key), .row(BlockCursor.self, BlockCursor.key),
  ]

  /// Once a day, in the night of UTC, or as soon as the service is back.
  static func compareNightly(_ unit: UnitOfWork, _ world: TxEnvironment) throws {
    for task in try unit.all(ChainTask.self) {
      guard let finishedAt = task.finishedAt, unit.now.timeIntervalSince(finishedAt) > ChainTask.keptFor else {
        continue
      }
      try unit.delete(ChainTask.self, task.rowKey)
    }
    let hour = unit.now.chainMilliseconds % CallBudget.dayMs / 3_600_000
    let id = "compare/\(ChainCallDay.key(unit.now))"
    guard hour >= RecordComparison.hour, try unit.find(ChainTask.self, id) == nil,
      let scan = try unit.find(ScanCursor.self, ScanCursor.key),
      let cursor = try unit.find(BlockCursor.self, BlockCursor.key)
    else { return }
    // A day's blocks of mainnet at most: a faster chain has more, and no more calls for them.
    let count = min(CallBudget.dayMs / max(1, cursor.intervalMs), CallBudget.dayMs / FollowPace.mainnetIntervalMs)
    let first = max(0, scan.number - min(count, world.chainRecordBlocks) + 1)
    guard first <= scan.number else { return }
    try unit.save(ChainTask(id: id, kind: .compare, blocks: first...scan.number, now: unit.now))
    try unit.start(ChainTaskStep(task: id))
  }
}
