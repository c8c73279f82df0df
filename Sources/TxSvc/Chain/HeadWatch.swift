import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

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
    var broken: Set<OrderID> = []
    while !Task.isCancelled {
      world.headGate.note(try await sight(), world.headAgeMax, bus.logger)
      guard let obstacle = world.headGate.obstacle else {
        broken = []
        try await Task.sleep(for: Self.openPause)
        continue
      }
      if deadlinesDue <= .now {
        deadlinesDue = .now + Self.deadlinesEvery
        try await endOverdue(obstacle, passing: &broken)
      }
      try await Task.sleep(for: Self.closedPause)
    }
  }

  private func sight() async throws -> HeadSight {
    let (cursor, now) = try await bus.read { try BlockCursor.readWithTime($0) }
    return HeadSight(cursor: cursor, now: now)
  }

  /// - Parameter broken: orders whose own rows speak against their end: left to a person, and holding up no other.
  private func endOverdue(_ obstacle: HeadObstacle, passing broken: inout Set<OrderID>) async throws {
    let known = broken
    let (held, overdue) = try await bus.lookUp { session in
      try session.execute(Self.waiting).rows.reduce(into: (0, [OrderID]())) { found, row in
        found.0 += 1
        let id = OrderID(text: try row.string("id"))
        if try row.bool("is_over"), found.1.count < Self.overdueMax, !known.contains(id) { found.1.append(id) }
      }
    }
    guard held > 0 else { return }
    bus.metrics.counter("energy_tx_delegations_held_total", labels: [("why", obstacle.name)]).increment()
    for order in overdue {
      do {
        try await PrepareDelegation.settleOverdue(order, world, bus)
      } catch let error where error is InvariantViolation || error is AmountError {
        broken.insert(order)
        BlockFindings.passedOver(order, error, bus)
      }
    }
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
