import Postgres

/// Running units of work, for whoever has messages to handle.
extension BusCore {
  /// Connections that a unit may lose while Postgres answers everybody else, before that is the unit's own fault.
  private static let lossesMax = 3

  /// Runs units in one transaction. While Postgres is away it waits: an outage is nobody's attempt, and a commit
  /// without an answer is settled by the inbox when the batch runs again.
  func perform(_ units: [PreparedUnit], topic: String) async throws -> UnitRunner.BatchResult {
    var losses = 0
    while true {
      do {
        return try await performOnce(units, topic)
      } catch let error as PostgresError where error.isOutage {
        if !error.isRefusalOfEverybody { losses += 1 }
        if losses > Self.lossesMax { throw error }
        logger.warning("Postgres is away; the batch waits", metadata: ["error": "\(error)"])
        try await untilPostgresAnswers()
      }
    }
  }

  private func performOnce(_ units: [PreparedUnit], _ topic: String) async throws -> UnitRunner.BatchResult {
    let work = Work(kind: .batch, service: service, name: topic, envelopes: units.compactMap(\.cause))
    return try await middleware.run(work) { [self] work in
      var units = units
      for (index, envelope) in work.envelopes.enumerated() where index < units.count { units[index].cause = envelope }
      do {
        return try await waiting(atMost: timing.handlerMax) { [units] in try await self.runner.batch(units) }
      } catch let error as Overdue {
        health.noteStuck()
        metrics.counter("energy_bus_overdue_total", labels: [("topic", topic)]).increment()
        throw error
      }
    }
  }

  /// Whether an error means that this process ends its work, and not that the work failed.
  func isInterruption(_ error: any Error) -> Bool {
    if error is Interrupted || Task.isCancelled { return true }
    return (error as? PostgresError)?.code == .closed
  }
}
