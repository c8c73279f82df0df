import Foundation
import Postgres

/// Fires periodic work once per interval, whatever the number of replicas: whoever moves the tick's time in Postgres
/// runs it, in the same transaction.
struct TickRunner: Sendable {
  let core: BusCore
  let ticks: [Tick]

  /// Another replica was first.
  private struct NotDue: Error {}

  func run() async {
    guard !ticks.isEmpty else { return }
    let pause = min(.milliseconds(500), ticks.map(\.interval).min() ?? .seconds(1))
    await core.loop("schedules", every: max(.milliseconds(20), pause)) {
      for tick in ticks where !core.isDraining { await tryToFire(tick) }
    }
  }

  /// One tick that fails must not hold up the others.
  private func tryToFire(_ tick: Tick) async {
    do {
      try await fire(tick)
    } catch {
      if core.isDraining { return }
      core.metrics.counter("energy_bus_ticks_failed_total", labels: [("tick", tick.name)]).increment()
      core.logger.warning("a scheduled step failed", metadata: ["tick": "\(tick.name)", "error": "\(error)"])
    }
  }

  private func fire(_ tick: Tick) async throws {
    let isDue = try await core.pool.withSession { session in
      _ = try session.execute(
        "insert into schedules (name, next_at) values ($1, clock_timestamp()) on conflict do nothing", [.text(tick.name)])
      return try session.execute(
        "select 1 from schedules where name = $1 and next_at <= clock_timestamp()", [.text(tick.name)]
      ).rows.isEmpty == false
    }
    guard isDue else { return }
    do {
      try await core.runner.transaction(
        needs: tick.needs, correlation: "",
        before: { session in
          let affected = try session.execute(
            """
            update schedules set next_at = clock_timestamp() + $2 * interval '1 ms'
            where name = $1 and next_at <= clock_timestamp()
            """, [.text(tick.name), .int(tick.interval.milliseconds)]
          ).affected
          guard affected == 1 else { throw NotDue() }
        }, tick.apply)
    } catch is NotDue {
      return
    }
  }
}
