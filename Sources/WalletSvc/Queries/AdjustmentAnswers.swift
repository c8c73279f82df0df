import BusKit
import Contracts
import Foundation
import Postgres

/// What operators booked by hand, and what waits for a second one.
enum AdjustmentAnswers {
  static func register(in service: inout Service) {
    service.answer(ListAdjustments.self) { query, bus in
      try await bus.lookUp { session in
        // Uses adjustments_waiting, adjustments_created or the primary key.
        let condition = query.isWaiting ? "state = 'waiting' and expires_at > now()" : "true"
        let one = query.id == nil ? "$1 = ''" : "id = $1"
        let rows = try session.execute(
          """
          select *, now() as now from adjustments where \(condition) and \(one)
          order by created_at desc limit \(AdjustmentList.countMax)
          """, [.text(query.id ?? "")]
        ).rows
        return AdjustmentList(
          adjustments: try rows.map { row in
            let now = try row.date("now")
            return view(try PostgresRowDecoder().decode(AdjustmentRow.self, from: row), now)
          })
      }
    }
    service.beforeMetrics { bus in
      let waiting = try await bus.lookUp { session in
        try session.execute(
          "select count(*) as count from adjustments where state = 'waiting' and expires_at > now()"
        ).rows.first?.int("count") ?? 0
      }
      bus.metrics.gauge("energy_wallet_adjustments_waiting").set(Double(waiting))
    }
  }

  private static func view(_ row: AdjustmentRow, _ now: Date) -> AdjustmentView {
    AdjustmentView(
      id: row.id, request: row.request, state: row.state(at: now), detail: row.answer(at: now).detail,
      asked: row.action, decision: row.decision, createdAt: row.createdAt, expiresAt: row.expiresAt)
  }
}
