import BusKit
import Contracts
import Foundation
import TronKit

/// Looks for legs that should have come back and have not, and for those that came back since. Each is told once.
struct FindLateReclaims: Effect {
  static let kind = "tx.find_late_reclaims"
  var orderKey: String { "late reclaims" }

  /// The next one is scheduled anyway.
  static let policy = EffectPolicy(attemptsMax: 2, timeout: .seconds(10), concurrency: 1)
  static let interval: Duration = .seconds(30)
  /// A reclaim is solid about 80 s after its end; what takes longer than this is in trouble.
  static let lateAfter: TimeInterval = 300
  /// Told at a time; the rest follows with the next run.
  private static let legsMax = 100

  private struct Found: Sendable {
    let legID: String
    let order: OrderID
    let dueAt: Date
  }

  static func run(_ effect: FindLateReclaims, _ context: EffectContext) async throws -> EffectOutcome {
    let (late, back) = try await context.bus.lookUp { session in
      (
        try session.execute(lateStatement, [.int(Int64(lateAfter * 1000)), .int(legsMax)]).rows.map { row in
          Found(
            legID: try row.string("id"), order: OrderID(text: try row.string("order_id")),
            dueAt: Date(chainMilliseconds: try row.int("due_ms")))
        },
        try session.execute(backStatement, [.int(legsMax)]).decoded(LateReclaim.self)
      )
    }
    guard !late.isEmpty || !back.isEmpty else { return .done() }
    context.bus.metrics.counter("energy_tx_reclaims_late_total").increment(by: late.count)
    let orders = Set(late.map(\.order) + back.map(\.orderID))
    let needs =
      orders.flatMap { DelegationCase.needsWithoutWallets($0) }
      + (late.map(\.legID) + back.map(\.id)).map { .row(LateReclaim.self, $0) }
    return .done(needs: needs) { unit in
      for found in late {
        guard try unit.find(LateReclaim.self, found.legID) == nil else { continue }
        let row = LateReclaim(
          id: found.legID, orderID: found.order, dueAt: found.dueAt, since: unit.now, settledAt: nil,
          seq: EventSeq.next(after: nil, unit.now))
        try tell(row, unit)
      }
      for var row in try back.compactMap({ try unit.find(LateReclaim.self, $0.id) }) where row.settledAt == nil {
        row.settledAt = unit.now
        row.seq = EventSeq.next(after: row.seq, unit.now)
        try tell(row, unit)
      }
    }
  }

  /// Legs whose end lies too far behind the followed head: also of a final delegation whose end nobody asks for. A
  /// delivery that failed ends with its order's deadline.
  ///
  /// Uses delegations_end, and delegations_unfinished for the few that fail: of many that run, those that end now are
  /// not looked at.
  private static let lateStatement = """
    select leg.id, leg.order_id, due.ms as due_ms
    from block_cursor as cursor
    cross join lateral (
      select id, coalesce(ends_at_ms, started_at_ms + duration_seconds * 1000) as ms from delegations
      where state in ('final', 'reclaiming')
        and coalesce(ends_at_ms, started_at_ms + duration_seconds * 1000) < cursor.time_ms - $1
      union all
      select id, coalesce(ends_at_ms, (extract(epoch from deadline) * 1000)::bigint) from delegations
      where state = 'failing' and state not in ('failed', 'reclaimed')
        and coalesce(ends_at_ms, (extract(epoch from deadline) * 1000)::bigint) < cursor.time_ms - $1) as due
    join legs as leg on leg.order_id = due.id
    left join late_reclaims as late on late.id = leg.id
    where leg.state in ('solid', 'reclaiming') and late.id is null
    order by leg.id limit $2
    """

  private static let backStatement = """
    select late.* from late_reclaims as late join legs as leg on leg.id = late.id
    where late.settled_at is null and leg.state in ('reclaimed', 'dead') order by late.since limit $1
    """

  private static func tell(_ row: LateReclaim, _ unit: UnitOfWork) throws {
    guard let delegation = try DelegationCase.loadWithoutWallets(row.orderID, from: unit) else {
      throw InvariantViolation("leg \(row.id) is late and its order \(row.orderID) is missing")
    }
    let leg = delegation.legs[try delegation.index(ofLeg: row.id)]
    let dead = delegation.transactions.filter {
      $0.legID == leg.id && $0.purpose == .reclaim && $0.state == .dead
    }
    let last = dead.max { $0.signedAt < $1.signedAt }
    let reason = delegation.delegation.state == .final ? "its end was not asked for" : last?.note ?? ""
    try unit.save(row)
    try unit.publish(
      ReclaimOverdue(
        order: row.orderID, leg: leg.id, wallet: leg.supplier, receiver: delegation.delegation.receiver,
        stake: leg.stake, dueAt: row.dueAt, attempts: dead.count, reason: reason, settledAt: row.settledAt,
        seq: row.seq))
  }
}
