import Postgres
import Synchronization

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
/// service writes each at once; a busy one pays for a transaction once for many.
///
/// Whoever finds nobody writing leads: it writes its own unit with all that wait, tells each how it went, and hands the
/// lead to the first that came meanwhile. What cannot be written together is written alone, each by whoever brought it.
final class UnitGroup: Sendable {
  /// At the same time.
  private static let leadersMax = 2
  /// Units of one transaction.
  private static let unitsMax = 32

  private enum Turn: Sendable {
    case lead
    case end(End)
  }

  private enum End: Sendable {
    case written
    case leaseLost
    case failed(any Error)
    case alone
  }

  private struct Waiting {
    let unit: GroupedUnit
    let continuation: CheckedContinuation<Turn, Never>
  }

  private struct State {
    var leaders = 0
    var waiting: [Waiting] = []
  }

  private let runner: UnitRunner
  private let state = Mutex(State())

  init(runner: UnitRunner) { self.runner = runner }

  /// Returns when the unit is committed.
  /// - Throws: `EffectRunner.LeaseLost`, or whatever the unit would have thrown alone.
  func write(_ unit: GroupedUnit) async throws {
    let turn = await withCheckedContinuation { continuation in
      let leads = state.withLock { state in
        guard state.leaders < Self.leadersMax else {
          state.waiting.append(Waiting(unit: unit, continuation: continuation))
          return false
        }
        state.leaders += 1
        return true
      }
      if leads { continuation.resume(returning: .lead) }
    }
    switch turn {
    case .lead: try await conclude(await lead(unit), unit)
    case .end(let end): try await conclude(end, unit)
    }
  }

  private func conclude(_ end: End, _ unit: GroupedUnit) async throws {
    switch end {
    case .written: return
    case .leaseLost: throw EffectRunner.LeaseLost()
    case .failed(let error): throw error
    case .alone: try await runner.alone(unit)
    }
  }

  /// Writes the unit with those that wait, and answers for it.
  private func lead(_ own: GroupedUnit) async -> End {
    let others = state.withLock { state in
      let others = Array(state.waiting.prefix(Self.unitsMax - 1))
      state.waiting.removeFirst(others.count)
      return others
    }
    let ends = await write([own] + others.map(\.unit))
    for (other, end) in zip(others, ends.dropFirst()) { other.continuation.resume(returning: .end(end)) }
    let next = state.withLock { state in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() as Waiting? }
      state.leaders -= 1
      return nil
    }
    next?.continuation.resume(returning: .lead)
    return ends.first ?? .alone
  }

  /// As many ends as units.
  private func write(_ units: [GroupedUnit]) async -> [End] {
    do {
      return try await runner.group(units).map { $0 ? .written : .leaseLost }
    } catch {
      // One of them cannot be written, or the leader was cancelled: the others must not suffer for it.
      let isForAll = units.count == 1 || (error as? PostgresError)?.isOutage == true
      return units.map { _ in isForAll ? .failed(error) : .alone }
    }
  }
}
