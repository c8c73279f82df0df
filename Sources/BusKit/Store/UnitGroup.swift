import Postgres

/// A unit of work that may share its transaction with others.
struct GroupedUnit: Sendable {
  let needs: [Need]
  let correlation: String
  let traceparent: String
  /// The run of an effect that this unit concludes.
  var end: EffectEnd?
  let apply: @Sendable (UnitOfWork) throws -> Void
}

/// Group commit: units that come while others are being written wait for these, and are then written together. An idle
/// service writes each at once; a busy one pays for a transaction once for many. What cannot be written together is
/// written alone, each by whoever brought it.
struct UnitGroup: Sendable {
  private enum End: Sendable {
    case written
    case leaseLost
    case failed(any Error)
    case alone
  }

  private let runner: UnitRunner
  /// Units that lock whole tables wait for whoever else does, and must not hold up the others.
  private let wide: Gathering<GroupedUnit, End>
  private let narrow: Gathering<GroupedUnit, End>

  init(runner: UnitRunner) {
    self.runner = runner
    (wide, narrow) = (Self.gathering(runner), Self.gathering(runner))
  }

  private static func gathering(_ runner: UnitRunner) -> Gathering<GroupedUnit, End> {
    Gathering(leadersMax: 1, itemsMax: 64) { units in
      let ends = await write(units, runner)
      return { ends[$0] }
    }
  }

  /// Returns when the unit is committed.
  /// - Throws: `EffectRunner.LeaseLost`, or whatever the unit would have thrown alone.
  func write(_ unit: GroupedUnit) async throws {
    let gathering = unit.needs.contains(where: \.isWide) ? wide : narrow
    switch await gathering.answer(unit) {
    case .written: return
    case .leaseLost: throw EffectRunner.LeaseLost()
    case .failed(let error): throw error
    case .alone: try await runner.alone(unit)
    }
  }

  /// As many ends as units.
  private static func write(_ units: [GroupedUnit], _ runner: UnitRunner) async -> [End] {
    do {
      return try await runner.group(units).map { $0 ? .written : .leaseLost }
    } catch {
      // One of them cannot be written, or the leader was cancelled: the others must not suffer for it.
      let isForAll = units.count == 1 || (error as? PostgresError)?.isOutage == true
      return units.map { _ in isForAll ? .failed(error) : .alone }
    }
  }
}
