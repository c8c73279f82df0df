import Foundation
import Postgres

extension UnitRunner {
  /// Many units that no message started, in one transaction; throws if any of it fails, and then nothing has happened.
  /// - Returns: for each whether it was written. It was not when the run of the effect that it concludes had lost its
  ///   lease.
  func group(_ units: [GroupedUnit]) async throws -> [Bool] {
    try await publisher.untilRoom()
    let (held, records, hasEffects) = try await rerunning {
      try await pool.transaction { session in
        let (held, clock, hasSuccessors) = try conclude(units, in: session)
        let workspace = Workspace()
        workspace.session = session
        try load(zip(units, held).flatMap { $1 ? $0.needs : [] }, into: workspace, from: session)
        for (unit, isHeld) in zip(units, held) where isHeld {
          workspace.begin(unit.needs)
          let cause = Envelope.origin(correlation: unit.correlation, at: clock, traceparent: unit.traceparent)
          try unit.apply(UnitOfWork(now: clock, cause: cause, workspace: workspace))
        }
        let records = try flush(workspace, now: clock, to: session)
        return (held, records, hasSuccessors || workspace.hasEffects(dueAt: clock))
      }
    }
    announce(records, hasEffects)
    return held
  }

  /// The same unit in a transaction of its own.
  func alone(_ unit: GroupedUnit) async throws {
    guard try await group([unit]).first == true else { throw EffectRunner.LeaseLost() }
  }

  /// Ends the runs of the effects, as far as their leases are still held, and asks for the time and whether others wait
  /// for what ends.
  private func conclude(
    _ units: [GroupedUnit], in session: PostgresSession
  ) throws -> (held: [Bool], now: Date, hasSuccessors: Bool) {
    let ends = units.compactMap(\.end)
    try session.enqueuePlansByKey()
    try session.enqueue("select transaction_timestamp() as now")
    let statements = try EffectStore.enqueueEnds(ends, in: session)
    // The transaction's own `begin` may be answered in the same round trip, before these.
    let results = Array(try session.flush().suffix(1 + statements))
    guard results.count == 1 + statements, let clock = try results[0].rows.first?.date("now") else {
      throw InvariantViolation("Postgres answered \(results.count) of \(1 + statements) statements")
    }
    var held: [UUID: UUID] = [:]
    var hasSuccessors = false
    for row in statements == 0 ? [] : results[1].rows {
      held[try row.uuid("id")] = try row.uuid("lease_token")
      if try row.bool("has_successor") { hasSuccessors = true }
    }
    // By the token: a run that lost its lease may stand beside the one that has it.
    return (units.map { unit in unit.end.map { held[$0.effect] == $0.token } ?? true }, clock, hasSuccessors)
  }
}
