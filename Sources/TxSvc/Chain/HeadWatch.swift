import BusKit
import Contracts
import Foundation
import Postgres

/// Looks at the followed head for `HeadGate`, in every replica, and sees to the deadlines of orders while it is closed:
/// nobody else looks at those then.
struct HeadWatch: Sendable {
  /// Effects that run bring newer sights.
  private static let openPause: Duration = .seconds(1)
  private static let closedPause: Duration = .milliseconds(250)
  private static let deadlinesEvery: Duration = .seconds(1)
  /// Orders ended at a time; the rest follows with the next look.
  private static let overdueMax = 64

  let world: TxEnvironment
  let bus: Bus

  /// Runs until cancelled. What fails ends it, and the runtime starts it again.
  func run() async throws {
    var deadlinesDue = ContinuousClock.now
    while !Task.isCancelled {
      world.headGate.note(try await sight(), world.headAgeMax, bus.logger)
      guard let obstacle = world.headGate.obstacle else {
        try await Task.sleep(for: Self.openPause)
        continue
      }
      if deadlinesDue <= .now {
        deadlinesDue = .now + Self.deadlinesEvery
        try await endOverdue(obstacle)
      }
      try await Task.sleep(for: Self.closedPause)
    }
  }

  private func sight() async throws -> HeadSight {
    try await bus.read { session in
      let cursor = try session.execute("select * from block_cursor").decoded(BlockCursor.self).first
      guard let now = try session.execute("select clock_timestamp() as now").rows.first?.date("now") else {
        throw TransientFailure("Postgres did not tell its time")
      }
      return HeadSight(cursor: cursor, now: now)
    }
  }

  private func endOverdue(_ obstacle: HeadObstacle) async throws {
    let (held, overdue) = try await bus.lookUp { session in
      try session.execute(Self.waiting).rows.reduce(into: (0, [OrderID]())) { found, row in
        found.0 += 1
        if try row.bool("is_over"), found.1.count < Self.overdueMax {
          found.1.append(OrderID(text: try row.string("id")))
        }
      }
    }
    guard held > 0 else { return }
    bus.metrics.counter("energy_tx_delegations_held_total", labels: [("why", obstacle.name)]).increment()
    for order in overdue { try await PrepareDelegation.settleOverdue(order, world, bus) }
  }

  /// Orders with a leg that nothing is signed for, the earliest deadlines first. Walks `delegations_unfinished` and
  /// `legs_order`; legs are planned in these states alone.
  private static let waiting = """
    select delegations.id, deadline <= clock_timestamp() as is_over from delegations
    where state in ('planned', 'submitted', 'confirmed') and state not in ('failed', 'reclaimed')
      and exists (select 1 from legs where order_id = delegations.id and legs.state = 'planned')
    order by deadline limit 1000
    """
}
