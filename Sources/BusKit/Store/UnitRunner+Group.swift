import Foundation
import Postgres

extension UnitRunner {
  /// Many units that no message started, in one transaction; throws if any of it fails, and then nothing has happened.
  /// - Returns: for each whether it was written. It was not when the run of the effect that it concludes had lost its
  ///   lease.
  func group(_ units: [GroupedUnit]) async throws -> [Bool] {
    try await publisher.untilRoom()
    let begun = ContinuousClock.now
    let (held, left) = try await rerunning {
      try await pool.transaction { session in
        let rows = NeededRows(units.flatMap(\.needs))
        try session.enqueuePlansAndClock()
        let ends = try EffectStore.enqueueEnds(units.compactMap(\.end), in: session)
        try rows.enqueue(in: session)
        let results = try session.answers(to: 1 + ends + rows.count)
        let clock = try results[0].clock
        let (held, hasSuccessors) = try Self.held(units, ends > 0 ? results[1] : nil)
        let workspace = try self.workspace(
          rows, results[(1 + ends)...], isWhole: held.allSatisfy { $0 },
          zip(units, held).flatMap { $1 ? $0.needs : [] }, in: session)
        for (unit, isHeld) in zip(units, held) where isHeld {
          workspace.begin(unit.needs)
          let cause = Envelope.origin(correlation: unit.correlation, at: clock, traceparent: unit.traceparent)
          try unit.apply(UnitOfWork(now: clock, cause: cause, workspace: workspace))
        }
        var left = try flush(workspace, now: clock, to: session)
        if hasSuccessors { left.hasEffects = true }
        return (held, left)
      }
    }
    announce(left, begun: begun)
    return held
  }

  /// The same unit in a transaction of its own.
  func alone(_ unit: GroupedUnit) async throws {
    guard try await group([unit]).first == true else { throw EffectRunner.LeaseLost() }
  }

  /// Which units may be written, by the leases that are still held, and whether others wait for what ends. By the
  /// token: a run that lost its lease may stand beside the one that has it.
  private static func held(
    _ units: [GroupedUnit], _ leases: PostgresResult?
  ) throws -> (isHeld: [Bool], hasSuccessors: Bool) {
    var held: [UUID: UUID] = [:]
    var hasSuccessors = false
    for row in leases?.rows ?? [] {
      held[try row.uuid("id")] = try row.uuid("lease_token")
      if try row.bool("has_successor") { hasSuccessors = true }
    }
    return (units.map { unit in unit.end.map { held[$0.effect] == $0.token } ?? true }, hasSuccessors)
  }
}
