import Postgres
import Synchronization

/// Running units of work, for whoever has messages to handle.
extension BusCore {
  /// Connections that a unit may lose while Postgres answers everybody else, before that is the unit's own fault.
  private static let lossesMax = 3

  /// Runs units in one transaction. While Postgres is away it waits: an outage is nobody's attempt, and a commit
  /// without an answer is settled by the inbox when the batch runs again.
  func perform(_ units: [PreparedUnit], topic: String) async throws -> UnitRunner.BatchResult {
    var (losses, refusals) = (0, 0)
    while true {
      do {
        return try await performOnce(units, topic)
      } catch let error as PostgresError where error.isOutage {
        if error.isRefusalOfEverybody { refusals += 1 } else { losses += 1 }
        if losses > Self.lossesMax { throw error }
        trouble.log(
          .warning, "Postgres is away; the batch waits", of: RepeatedTrouble.kind(error), ["error": "\(error)"])
        // A server that is there and cannot write answers questions all the same.
        if refusals > 0 { await pause(Backoff(first: .milliseconds(100), most: .seconds(1)), refusals) }
        try await untilPostgresAnswers()
      }
    }
  }

  private func performOnce(_ units: [PreparedUnit], _ topic: String) async throws -> UnitRunner.BatchResult {
    let work = Work(kind: .batch, service: service, name: topic, envelopes: units.compactMap(\.cause))
    return try await middleware.run(work) { [self] work in
      var units = units
      for (index, envelope) in work.envelopes.enumerated() where index < units.count { units[index].cause = envelope }
      let watch = HandlerWatch()
      do {
        return try await waiting(atMost: timing.handlerMax) { [units] in
          defer { if watch.end() { self.health.noteReturned() } }
          return try await self.runner.batch(units.map(watch.watched))
        }
      } catch let error as Overdue {
        // No free connection, or no answer: no message is at fault.
        guard watch.declareStuck({ self.health.noteStuck() }) else { throw Unanswered(limit: error.limit) }
        metrics.counter("energy_bus_overdue_total", labels: [("topic", topic)]).increment()
        throw error
      }
    }
  }

  /// Postgres had not done its part of a unit in time. It may still do it: the inbox will tell.
  struct Unanswered: Error, CustomStringConvertible {
    let limit: Duration
    var description: String { "Postgres was not done after \(limit.milliseconds) ms" }
  }

  /// Whether an error means that this process ends its work or that Postgres does not do its own, and not that the work
  /// failed.
  func isInterruption(_ error: any Error) -> Bool {
    if error is Interrupted || error is Unanswered || Task.isCancelled { return true }
    return (error as? PostgresError)?.code == .closed
  }
}

/// Sees whether a unit is in its handler's hands or in Postgres'.
private final class HandlerWatch: Sendable {
  private struct State {
    var isInside = false
    var isStuck = false
    var hasEnded = false
  }
  private let state = Mutex(State())

  func watched(_ unit: PreparedUnit) -> PreparedUnit {
    PreparedUnit(cause: unit.cause, needs: unit.needs) { [self] unitOfWork in
      state.withLock { $0.isInside = true }
      defer { state.withLock { $0.isInside = false } }
      try unit.apply(unitOfWork)
    }
  }

  /// Returns whether it had been declared stuck.
  func end() -> Bool {
    state.withLock { state in
      state.hasEnded = true
      return state.isStuck
    }
  }

  /// True, after `note`, if a handler has not returned: whatever it does from now on, it took too long.
  func declareStuck(_ note: () -> Void) -> Bool {
    state.withLock { state in
      guard state.isInside, !state.hasEnded else { return false }
      state.isStuck = true
      note()
      return true
    }
  }
}
